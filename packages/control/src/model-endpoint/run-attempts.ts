import type { Refused } from "@nofx/core/budgets";
import { NofxError } from "@nofx/core/errors";
import type { Route } from "@nofx/core/model-router";
import { fromDatabaseError } from "../command/database-errors.ts";
import { ProviderFailure, type ProviderFailureCode } from "../model-router/providers/index.ts";
import { openAttempt, UNUSED, type Attempt, type AttemptCode } from "./attempt.ts";
import type { CallFrame } from "./call-frame.ts";
import { failedBy, refusedByBudget, refusedWithoutPrice } from "./errors.ts";
import { estimateUsage } from "./estimate-usage.ts";
import { findSecret, type ProviderSecret } from "./find-secret.ts";

/** Asks one provider; throws ProviderFailure. */
export type Ask<T> = (attempt: Attempt) => Promise<T>;

export interface Tried {
  readonly route: Route;
  readonly code: AttemptCode | "ok";
}

export interface Answered<T> {
  readonly attempt: Attempt;
  readonly value: T;
  readonly tried: readonly Tried[];
  /** A budget had too little left for the model that was chosen: this is a cheaper one. */
  readonly degraded: boolean;
}

/** Thrown with what was tried, which the answer's headers tell. */
export class CallFailed extends Error {
  readonly tried: readonly Tried[];

  constructor(cause: unknown, tried: readonly Tried[]) {
    super("The call failed.", { cause });
    this.name = "CallFailed";
    this.tried = tried;
  }
}

type Then = "again" | "elsewhere" | "give_up";

/** What follows on a failure: the same again in a moment, another at once, or nothing, because it would fail everywhere. */
const THEN: Record<ProviderFailureCode, Then> = {
  rate_limited: "again",
  overloaded: "again",
  unreachable: "again",
  cut_off: "again",
  no_answer: "again",
  unauthorized: "elsewhere",
  quota_exhausted: "elsewhere",
  model_missing: "elsewhere",
  context_too_long: "elsewhere",
  address_refused: "elsewhere",
  refused_by_provider: "give_up",
  timed_out: "give_up",
  cancelled: "give_up",
};

const MOST_ATTEMPTS = 5;
const ALONE_ATTEMPTS = 3;
const FIRST_PAUSE_MS = 250;
/** Longer than this nobody waits here: the caller is told when to come back. */
const LONGEST_PAUSE_MS = 5_000;
/** How long a reservation outlives the time of its call. */
const LEASE_SLACK_MS = 30_000;

/**
 * Tries the routes in their order until one answers. Whoever fails in a way that may pass is tried once more when all others have
 * been. Each try is reserved, noted and paid for by itself; a caller that allows one gets one.
 */
export async function runAttempts<T>(frame: CallFrame, ask: Ask<T>): Promise<Answered<T>> {
  const { plane, route: decision, wishes } = frame;
  const waiting = (route: Route): Waiting => ({ route, notBefore: 0, pauses: 0 });
  const queue = [decision.chosen, ...decision.fallbacks].map(waiting);
  const most =
    wishes.maxAttempts ?? Math.min(MOST_ATTEMPTS, Math.max(ALONE_ATTEMPTS, queue.length + 1));
  const tried: Tried[] = [];
  let failure: unknown;
  let degraded = false;
  while (queue.length > 0 && tried.length < most) {
    const next = queue.shift();
    if (next === undefined) break;
    const wait = next.notBefore - plane.clock.now();
    if (wait > 0) await plane.clock.sleep(wait, frame.signal);
    const outcome = await tryOnce(frame, next, tried.length + 1, ask);
    if (outcome.ok) {
      tried.push({ route: next.route, code: "ok" });
      return { ...outcome, tried, degraded };
    }
    failure = outcome.error;
    // another may have a price
    if ("unpriced" in outcome) continue;
    if (outcome.code === undefined) {
      if (!mayDegrade(outcome.refused, degraded)) throw new CallFailed(failure, tried);
      degraded = true;
      const cheaper = await frame.findCheaper(next.route, outcome.refused);
      queue.splice(0, queue.length, ...cheaper.map(waiting));
      continue;
    }
    tried.push({ route: next.route, code: outcome.code });
    // nobody waits for another's answer
    if (outcome.next === "give_up" || frame.signal.aborted || frame.gone.aborted) break;
    if (outcome.code === "unauthorized" && next.secret === undefined && tried.length < most) {
      const before = await secretBefore(frame, next.route, outcome.keyId);
      if (before !== undefined) queue.unshift({ ...next, secret: before });
    }
    if (outcome.next === "again") {
      const pause = pauseOf(outcome.retryAfterMs, next.pauses, plane.random());
      const at = plane.clock.now() + pause;
      if (pause <= LONGEST_PAUSE_MS && at < frame.deadlineAt) {
        queue.push({ ...next, notBefore: at, pauses: next.pauses + 1 });
      }
    }
  }
  throw new CallFailed(failure, tried);
}

/** A route that is still to be tried. */
interface Waiting {
  readonly route: Route;
  /** By the clock that nobody sets. */
  readonly notBefore: number;
  readonly pauses: number;
  /** The version of its key before the one that was refused. */
  readonly secret?: ProviderSecret;
}

type Outcome<T> =
  | { ok: true; attempt: Attempt; value: T }
  /** Without a code nobody was asked: a budget refused. */
  | { ok: false; error: unknown; code?: undefined; refused: Refused }
  | { ok: false; error: unknown; unpriced: true }
  | {
      ok: false;
      error: unknown;
      code: AttemptCode;
      next: Then;
      retryAfterMs: number | undefined;
      keyId: string | null;
    };

async function tryOnce<T>(
  frame: CallFrame,
  { route, secret }: Waiting,
  number: number,
  ask: Ask<T>,
): Promise<Outcome<T>> {
  const leaseMs = Math.max(0, frame.deadlineAt - frame.plane.clock.now()) + LEASE_SLACK_MS;
  const attempt = await openAttempt(frame, { number, route, leaseMs }).catch((error: unknown) => {
    throw fromDatabaseError(error);
  });
  if ("outcome" in attempt) {
    if (attempt.outcome === "unpriced") {
      return { ok: false, error: refusedWithoutPrice(route, attempt.budgetName), unpriced: true };
    }
    return { ok: false, error: refusedByBudget(attempt), refused: attempt };
  }
  try {
    attempt.with(secret ?? (await findSecret(frame, route)));
  } catch (error) {
    await attempt.end({ status: "failed", code: "key_missing", ...UNUSED });
    if (!NofxError.is(error) || !/^(key_|vault_)/.test(error.code)) throw error;
    const why = { code: "key_missing", next: "elsewhere", retryAfterMs: undefined } as const;
    return { ok: false, error, ...why, keyId: null };
  }
  try {
    return { ok: true, attempt, value: await ask(attempt) };
  } catch (error) {
    return failed(frame, attempt, error);
  }
}

async function failed(
  frame: CallFrame,
  attempt: Attempt,
  error: unknown,
): Promise<Extract<Outcome<never>, { ok: false }>> {
  const failure = ProviderFailure.in(error);
  const mayBeBilled = failure?.mayBeBilled ?? true;
  const ended = attempt.end({
    status: frame.gone.aborted ? "abandoned" : "failed",
    failure,
    ...(mayBeBilled ? estimateUsage(frame, "") : UNUSED),
  });
  if (frame.hooks.background === undefined) await ended;
  else frame.hooks.background(ended);
  // ours, not the provider's
  if (failure === undefined) throw fromDatabaseError(error);
  const { code, retryAfterMs } = failure;
  const { keyId } = attempt;
  return { ok: false, error: failedBy(failure), code, next: THEN[code], retryAfterMs, keyId };
}

/** While a key is changed, the version before it may be what the provider still takes. */
async function secretBefore(
  frame: CallFrame,
  route: Route,
  keyId: string | null,
): Promise<ProviderSecret | undefined> {
  if (keyId === null) return undefined;
  try {
    return await findSecret(frame, route, keyId);
  } catch (error) {
    // there is none, or none that can be opened: what was refused is told
    if (NofxError.is(error)) return undefined;
    throw error;
  }
}

function pauseOf(retryAfterMs: number | undefined, pauses: number, random: number): number {
  const own = FIRST_PAUSE_MS * 2 ** pauses * (0.5 + random);
  return Math.max(own, retryAfterMs ?? 0);
}

/** Once a call: what is the cheapest that fits is asked for at once. */
function mayDegrade({ outcome, kind }: Refused, degraded: boolean): boolean {
  return outcome === "degrade" && kind === "cap" && !degraded;
}
