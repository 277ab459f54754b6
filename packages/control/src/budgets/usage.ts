import { UsageInput, UsageView, type UsageSums } from "@nofx/core/api";
import { usdOfPico } from "@nofx/core/model-router";
import { toId, toUuid } from "@nofx/core/vocabulary";
import {
  daysBetween,
  loadTimeZone,
  sumCounters,
  sumDaysByModel,
  sumUsage,
  type UsageRecord,
  type UsageSumsRecord,
} from "@nofx/db/queries";
import type { z } from "zod";
import type { MemberContext } from "../command/context.ts";
import { runQuery } from "../command/run-command.ts";

const DAYS_BACK = 29;
/** What is added up, beside the cost. */
const COUNTS = [
  "calls",
  "failed",
  "cached",
  "input_tokens",
  "cache_read_tokens",
  "cache_write_tokens",
  "output_tokens",
  "reasoning_tokens",
  "unpriced",
] as const satisfies readonly (keyof UsageSumsRecord)[];

/** What was asked of models and what it cost, by run, step, agent, model, day or in all: exact sums of what providers were asked for. */
export function usageAndCost(
  ctx: MemberContext,
  input: z.input<typeof UsageInput>,
): Promise<UsageView> {
  return runQuery(ctx, UsageInput, input, async (tx, given) => {
    const { by, limit, model } = given;
    const timeZone = await loadTimeZone(tx.db, ctx.tenantId);
    const span = await daysBetween(tx.db, timeZone, {
      from: given.from,
      to: given.to,
      back: DAYS_BACK,
    });
    const runId = given.runId === undefined ? undefined : toUuid("run", given.runId);
    const agentId = given.agentId === undefined ? undefined : toUuid("agent", given.agentId);
    const filter = {
      tenantId: ctx.tenantId,
      by,
      zone: timeZone,
      ...span,
      runId,
      agentId,
      model,
      limit,
    };
    const sums = await sumUsage(tx.db, filter);
    const total = sums.find((row) => row.total) ?? NOTHING;
    const rows = sums.filter((row) => !row.total);
    const filtered = runId !== undefined || agentId !== undefined || model !== undefined;
    const counted = filtered ? null : await sumCounters(tx.db, { ...span, tenantId: ctx.tenantId });
    return UsageView.parse({
      by,
      timeZone,
      from: span.from.toISOString(),
      to: span.to.toISOString(),
      rows: rows.map((row) => ({ key: keyOf(by, row), name: row.name, ...viewSums(row) })),
      rest: viewSums(restOf(total, rows)),
      total: viewSums(total),
      counted: counted && {
        calls: counted.calls,
        tokens: counted.tokens,
        costUsd: usdOfPico(BigInt(counted.cost_pico)),
      },
      daily:
        by === "day"
          ? (await sumDaysByModel(tx.db, filter)).map(({ day, model: name, cost_pico }) => ({
              day,
              model: name,
              costUsd: usdOfPico(BigInt(cost_pico)),
            }))
          : [],
    });
  });
}

const NOTHING: UsageSumsRecord = {
  calls: 0,
  failed: 0,
  cached: 0,
  input_tokens: 0,
  cache_read_tokens: 0,
  cache_write_tokens: 0,
  output_tokens: 0,
  reasoning_tokens: 0,
  unpriced: 0,
  cost_pico: "0",
};

function keyOf(by: UsageInput["by"], { key }: UsageRecord): string | null {
  if (key === null || by === "model" || by === "day") return key;
  return toId(by, key);
}

/** What of the sum is in none of the rows. */
function restOf(total: UsageSumsRecord, rows: readonly UsageSumsRecord[]): UsageSumsRecord {
  const rest = { ...total, cost_pico: "0" };
  for (const name of COUNTS) {
    rest[name] = total[name] - rows.reduce((sum, row) => sum + row[name], 0);
  }
  const known = rows.reduce((sum, row) => sum + BigInt(row.cost_pico), 0n);
  rest.cost_pico = (BigInt(total.cost_pico) - known).toString();
  return rest;
}

function viewSums(row: UsageSumsRecord): UsageSums {
  return {
    calls: row.calls,
    failed: row.failed,
    cached: row.cached,
    inputTokens: row.input_tokens,
    cacheReadTokens: row.cache_read_tokens,
    cacheWriteTokens: row.cache_write_tokens,
    outputTokens: row.output_tokens,
    reasoningTokens: row.reasoning_tokens,
    costUsd: usdOfPico(BigInt(row.cost_pico)),
    unpriced: row.unpriced,
  };
}
