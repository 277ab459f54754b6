import type { ReserveAnswer } from "@nofx/core/budgets";
import {
  costOf,
  inputTokens,
  NO_USAGE,
  outputTokens,
  type DatedPrice,
  type Route,
  type Usage,
} from "@nofx/core/model-router";
import { beginModelCall, endModelCall } from "@nofx/db/queries";
import { release, settle } from "../budgets/index.ts";
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
  readonly secret: string | null;
  /** Resolves once the row is there: nothing of an answer goes out before. */
  readonly begun: Promise<void>;
  /** The first of the answer has come. */
  firstToken(): void;
  /** Settles the reservation, closes the row, tells the health of the provider. Ending again changes nothing. */
  end(ending: Ending): Promise<void>;
}

export function beginAttempt(
  frame: CallFrame,
  of: {
    number: number;
    route: Route;
    secret: ProviderSecret;
    reservation: Extract<ReserveAnswer, { outcome: "reserved" }>;
    leaseMs: number;
  },
): Attempt {
  const { plane, route: decision } = frame;
  const { route, reservation, number } = of;
  const { clock } = plane;
  const id = plane.newUuid();
  const startedAt = clock.now();
  const at = clock.date().getTime();
  let firstTokenMs: number | null = null;
  let ended: Promise<void> | undefined;
  const begun = beginModelCall(plane.db, frame.caller.claims, {
    id,
    tenant_id: frame.caller.tenantId,
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
    run_id: frame.runId ?? null,
    step_id: frame.wishes.stepId ?? null,
    streamed: frame.streamed,
    cache: frame.cache,
    price: route.price === undefined ? null : viewOf(route.price),
    reservation_id: reservation.reservationId,
    key_id: of.secret.keyId,
    traceparent: frame.wishes.traceparent ?? null,
    lease_ms: of.leaseMs,
  });
  // whoever waits for it hears of it; nobody may be waiting yet
  begun.catch(() => {});
  const trace = traceAttempt(frame, id, route);

  const close = async (ending: Ending): Promise<void> => {
    const latencyMs = Math.max(0, Math.round(clock.now() - startedAt));
    const { usage, failure, status } = ending;
    const price = usage === undefined ? undefined : priceOf(route, usage, at);
    const cost = usage === undefined || price === undefined ? undefined : costOf(usage, price);
    note(frame, route, ending, latencyMs, firstTokenMs);
    trace.end(ending);
    frame.hooks.onAttempt?.({
      endpoint: frame.endpoint,
      outcome: status,
      code: failure?.code ?? null,
      latencyMs,
      firstTokenMs,
    });
    const used = usage === undefined ? 0 : inputTokens(usage) + outputTokens(usage);
    const nothing = status === "failed" && used === 0;
    const books = nothing
      ? release(plane, reservation.reservationId)
      : settle(plane, reservation.reservationId, {
          ...(cost !== undefined && { usd: cost }),
          tokens: used,
          calls: 1,
        });
    // the row has to be there to be closed
    const row = begun.then(() =>
      endModelCall(plane.db, id, {
        status,
        error_code: failure?.code ?? null,
        finish_reason: ending.finishReason ?? null,
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
      }),
    );
    for (const one of await Promise.allSettled([books, row])) {
      if (one.status === "rejected") frame.hooks.onError?.(one.reason);
    }
  };

  return {
    number,
    route,
    secret: of.secret.secret,
    begun,
    firstToken() {
      firstTokenMs ??= clock.now() - startedAt;
    },
    end(ending) {
      ended ??= close(ending);
      return ended;
    },
  };
}

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
  { status, failure }: Ending,
  latencyMs: number,
  firstTokenMs: number | null,
): void {
  // a caller that left says nothing of the provider
  if (status === "abandoned") return;
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
