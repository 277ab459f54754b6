import { ListHealthInput, type ModelHealthList, type ModelHealthView } from "@nofx/core/api";
import {
  minutesOf,
  quantileOf,
  viewOf,
  type CallErrorCode,
  type HealthMinute,
  type HealthOptions,
} from "@nofx/core/model-router";
import { listHealth as loadHealth, type HealthRecord } from "@nofx/db/queries";
import type { z } from "zod";
import type { MemberContext } from "../command/context.ts";
import { runQuery } from "../command/run-command.ts";

/** How the models that were called within the hour did, minute by minute, as the database has it. */
export function listHealth(
  ctx: MemberContext,
  input: z.input<typeof ListHealthInput>,
): Promise<ModelHealthList> {
  return runQuery(ctx, ListHealthInput, input, async (tx, { provider }) => {
    const rows = await loadHealth(tx.db, { tenantId: ctx.tenantId, provider });
    return {
      at: (rows[0]?.now ?? ctx.plane.now()).toISOString(),
      health: rows.map((row) => viewHealth(row, ctx.plane.routing.options)),
    };
  });
}

function viewHealth(row: HealthRecord, options: HealthOptions): ModelHealthView {
  const { provider, model, region, shared, window, state_since: since } = row;
  const now = row.now.getTime();
  const { state, errorRate, samples, p50Ms, p95Ms, rateLimitedUntil } = viewOf(
    window,
    now,
    options,
  );
  const minutes = minutesOf(window, now);
  const { open, until, trialUntil } = window.breaker;
  return {
    provider,
    model,
    region,
    shared,
    state,
    since: since.toISOString(),
    errorRate,
    samples,
    p50Ms,
    p95Ms,
    rateLimitedUntil: rateLimitedUntil === null ? null : new Date(rateLimitedUntil).toISOString(),
    triedAgainAt: open ? new Date(Math.max(until, trialUntil)).toISOString() : null,
    errors: sumErrors(minutes),
    minutes: minutes.map((minute) => ({
      at: new Date(minute.minute).toISOString(),
      calls: minute.calls,
      failed: minute.failed,
      rateLimited: minute.rateLimited,
      p50Ms: quantileOf(minute.latency, 0.5),
      p95Ms: quantileOf(minute.latency, 0.95),
    })),
  };
}

function sumErrors(minutes: readonly HealthMinute[]): Partial<Record<CallErrorCode, number>> {
  const sum: Partial<Record<CallErrorCode, number>> = {};
  for (const { errors } of minutes) {
    for (const [code, count] of Object.entries(errors) as [CallErrorCode, number][]) {
      sum[code] = (sum[code] ?? 0) + count;
    }
  }
  return sum;
}
