import type { Refused } from "@nofx/core/budgets";
import {
  costOf,
  inputTokens,
  NO_USAGE,
  outputTokens,
  type DatedPrice,
  type Route,
  type Usage,
} from "@nofx/core/model-router";
import {
  beginModelCall,
  closeModelCall,
  endModelCall,
  openModelCall,
  type BegunModelCall,
  type Unpriced,
} from "@nofx/db/queries";
import type { ProviderFailure, ProviderFailureCode } from "../model-router/providers/index.ts";
import { recordOutcome } from "../routing/index.ts";
import type { CallFrame } from "./call-frame.ts";
import type { ProviderSecret } from "./find-secret.ts";
import { priceOf } from "./price-of.ts";
import { traceAttempt } from "./telemetry.ts";

/** Beside its own code, what the endpoint itself finds wrong. */
export type AttemptCode = ProviderFailureCode | "key_missing";

export interface Ending {
  readonly status: "succeeded" | "failed" | "abandoned";
  readonly failure?: ProviderFailure | undefined;
  /** Where it was not the provider that failed. */
  readonly code?: "key_missing";
  readonly finishReason?: string;
  /** Undefined: nobody knows. */
  readonly usage: Usage | undefined;
  /** Counted here, because the provider did not tell. */
  readonly estimated?: boolean;
}

/** One try at one provider: reserved, noted, and to be ended once. */
export interface Attempt {
  readonly number: number;
  readonly route: Route;
  /** The key that the provider is asked with. */
  readonly secret: string | null;
  /** The uuid of the version of the vault's key that it is. */
  readonly keyId: string | null;
  /** With the key that was found for it. */
  with(secret: ProviderSecret): Attempt;
  /** The first of the answer has come. */
  firstToken(): void;
  /** Settles the reservation, closes the row, tells the health of the provider. Ending again changes nothing. */
  end(ending: Ending): Promise<void>;
}

/** Reserves what the attempt may cost at most and writes its row, in one statement; or answers what has too little left for it. */
export async function openAttempt(
  frame: CallFrame,
  of: { number: number; route: Route; leaseMs: number },
): Promise<Attempt | Refused | Unpriced> {
  const { plane, caller, wishes, route: decision, runId } = frame;
  const { route, number } = of;
  const id = plane.newUuid();
  const row = {
    id,
    tenant_id: caller.tenantId,
    call_id: frame.callId,
    attempt: number,
    endpoint: frame.endpoint,
    asked: frame.asked,
    provider: route.provider,
    model: route.model,
    region: route.region,
    policy: decision.facts.policy.name,
    decision_digest: decision.digest,
    reason: number === 1 ? decision.reason.slice(0, 1_000) : null,
    run_id: runId ?? null,
    step_id: wishes.stepId ?? null,
    streamed: frame.streamed,
    cache: frame.cache,
    price: route.price === undefined ? null : viewOf(route.price),
    traceparent: wishes.traceparent ?? null,
    lease_ms: Math.ceil(of.leaseMs),
  };
  const answer = await openModelCall(plane.db, caller.claims, row, {
    id: plane.newUuid(),
    requestKey: `model:${frame.callId}:${number}`,
    scopes: {
      ...(runId !== undefined && { runId }),
      ...(wishes.stepId !== undefined && { stepId: wishes.stepId }),
      ...(caller.type === "agent" && { agentId: caller.id }),
      model: `${route.provider}/${route.model}`,
    },
    amounts: {
      ...(route.highestCost !== undefined && { usd: route.highestCost }),
      tokens: frame.inputTokens + frame.maxOutputTokens,
      calls: 1,
    },
    wrappingUp: wishes.wrappingUp,
  });
  if (answer.outcome !== "reserved") return answer;
  return attemptOf(frame, { ...row, reservation_id: answer.reservationId }, route);
}

function attemptOf(
  frame: CallFrame,
  row: BegunModelCall & { reservation_id: string },
  route: Route,
): Attempt {
  const { plane, caller } = frame;
  const { clock } = plane;
  const startedAt = clock.now();
  const at = clock.date().getTime();
  const trace = traceAttempt(frame, row.id, route);
  let secret: ProviderSecret = { secret: null, keyId: null };
  let firstTokenMs: number | null = null;
  let ended: Promise<void> | undefined;

  const close = async (ending: Ending): Promise<void> => {
    const latencyMs = Math.max(0, Math.round(clock.now() - startedAt));
    const { usage, failure, status } = ending;
    const price = usage === undefined ? undefined : priceOf(route, usage, at);
    const cost = usage === undefined || price === undefined ? undefined : costOf(usage, price);
    note(frame, route, ending, latencyMs, firstTokenMs);
    trace.end(ending);
    const code = ending.code ?? failure?.code ?? null;
    frame.hooks.onAttempt?.({
      endpoint: frame.endpoint,
      outcome: status,
      code,
      latencyMs,
      firstTokenMs,
    });
    const used = usage === undefined ? 0 : inputTokens(usage) + outputTokens(usage);
    const actual =
      status === "failed" && used === 0
        ? null
        : { ...(cost !== undefined && { usd: cost }), tokens: used, calls: 1 };
    const end = {
      status,
      error_code: code,
      finish_reason: ending.finishReason ?? null,
      key_id: secret.keyId,
      input_tokens: usage?.input ?? null,
      cache_read_tokens: usage?.cacheRead ?? null,
      cache_write_tokens: usage?.cacheWrite ?? null,
      output_tokens: usage?.output ?? null,
      reasoning_tokens: usage?.reasoning ?? null,
      usage_estimated: ending.estimated === true,
      price: price === undefined ? null : viewOf(price),
      cost_pico: cost === undefined ? null : String(cost),
      latency_ms: latencyMs,
      first_token_ms: firstTokenMs === null ? null : Math.round(firstTokenMs),
    };
    try {
      const of = { id: row.id, reservationId: row.reservation_id };
      const was = await closeModelCall(plane.db, of, end, actual);
      if (was.ended) return;
      // a crash of the database can have lost the beginning
      await beginModelCall(plane.db, caller.claims, row);
      await endModelCall(plane.db, row.id, end);
    } catch (error) {
      frame.hooks.onError?.(error);
    }
  };

  const attempt: Attempt = {
    number: row.attempt,
    route,
    get secret() {
      return secret.secret;
    },
    get keyId() {
      return secret.keyId;
    },
    with(found) {
      secret = found;
      return attempt;
    },
    firstToken() {
      firstTokenMs ??= clock.now() - startedAt;
    },
    end(ending) {
      ended ??= close(ending);
      return ended;
    },
  };
  return attempt;
}

/** What a provider is given to answer in before it counts as one that does not. */
const FAIR_WAIT_MS = 30_000;

/** What the provider was not paid for. */
export const UNUSED: Pick<Ending, "usage"> = { usage: NO_USAGE };

function viewOf(price: DatedPrice): object {
  const text = (pico: bigint | null) => (pico === null ? null : String(pico));
  return {
    input: text(price.input),
    output: text(price.output),
    cacheRead: text(price.cacheRead),
    cacheWrite: text(price.cacheWrite),
    reasoning: text(price.reasoning),
    from: new Date(price.from).toISOString(),
    aboveTokens: price.aboveTokens,
    own: price.own,
  };
}

function note(
  { plane, caller }: CallFrame,
  { provider, model, region }: Route,
  { status, failure, code }: Ending,
  latencyMs: number,
  firstTokenMs: number | null,
): void {
  // a caller that left, or a key that is not there, says nothing of the provider
  if (status === "abandoned" || code !== undefined) return;
  // nor does one that had no time to wait: its deadline is its own, and health may be everybody's
  if (failure?.code === "timed_out" && latencyMs < FAIR_WAIT_MS) return;
  recordOutcome(plane, {
    // what is asked with the operator's own key is the same for all tenants
    tenantId: plane.routing.configured.some(({ name }) => name === provider)
      ? null
      : caller.tenantId,
    provider,
    model,
    region,
    outcome: {
      ok: failure === undefined,
      ...(failure !== undefined && { code: failure.outcome }),
      latencyMs,
      ...(firstTokenMs !== null && { firstTokenMs }),
      ...(failure?.retryAfterMs !== undefined && { retryAfterMs: failure.retryAfterMs }),
    },
  });
}
