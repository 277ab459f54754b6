import { randomUUID } from "node:crypto";
import { setTimeZone, settle, usageAndCost } from "@nofx/control/budgets";
import { inTransaction } from "@nofx/control/command";
import { setGateSettings } from "@nofx/control/gates";
import { again, createTestPlane, type TestPlane } from "@nofx/control/testing";
import type { UsageDimension, UsageSums } from "@nofx/core/api";
import { picoOfUsd } from "@nofx/core/model-router";
import { toId } from "@nofx/core/vocabulary";
import { afterAll, beforeAll, beforeEach, expect, it } from "vitest";
import { loadPlanFacts } from "../../src/gates/load-facts.ts";
import { openBooks, type Books } from "./fixtures.ts";

let plane: TestPlane;
let books: Books;
beforeAll(async () => {
  plane = await createTestPlane();
});
beforeEach(async () => {
  books = await openBooks(plane);
});
afterAll(() => plane[Symbol.asyncDispose]());

interface Call {
  run?: string | undefined;
  step?: string;
  agent?: string | undefined;
  model?: string;
  /** Picodollars; null: nobody knows. */
  cost?: bigint | null;
  status?: string;
  cache?: string;
  at?: string;
}

async function record(calls: readonly Call[]): Promise<void> {
  for (const {
    run,
    step,
    agent,
    model = "m",
    cost = 0n,
    status = "succeeded",
    cache = "none",
    at,
  } of calls) {
    await plane.owner.query(
      `insert into model_calls (tenant_id, call_id, attempt, endpoint, asked, provider, model, run_id, step_id, agent_id, status, cache,
         input_tokens, cache_read_tokens, output_tokens, reasoning_tokens, cost_pico, started_at, lease_until, ended_at)
       values ($1, $2, 1, 'chat', 'auto', 'p', $3, $4, $5, $6, $7, $8, 100, 10, 20, 5, $9, coalesce($10, clock_timestamp()),
         clock_timestamp(), clock_timestamp())`,
      [books.tenant.id, randomUUID(), model, run, step, agent, status, cache, cost?.toString(), at],
    );
  }
}

const add = (rows: readonly UsageSums[]) =>
  rows.reduce((sum, { costUsd }) => sum + picoOfUsd(costUsd), 0n);

it("adds up to the picodollar by every dimension, also what the limit cuts off", async () => {
  const runs = [randomUUID(), randomUUID(), undefined];
  const agents = [randomUUID(), randomUUID()];
  const costs = [1n, 999_999_999_999n, 123_456_789_012n, 3n, 7_000_000_000_001n, 10n ** 17n, 0n];
  const calls = costs.flatMap((cost, i): Call[] => [
    { cost, run: runs[i % 3], step: randomUUID(), agent: agents[i % 2], model: `m${i % 4}` },
  ]);
  await record(calls);
  const exact = costs.reduce((sum, cost) => sum + cost, 0n);
  for (const by of [
    "tenant",
    "run",
    "step",
    "agent",
    "model",
    "day",
  ] as const satisfies UsageDimension[]) {
    for (const limit of [1, 3, 100]) {
      const view = await usageAndCost(books.admin, { by, limit });
      expect(picoOfUsd(view.total.costUsd)).toBe(exact);
      expect(add([...view.rows, view.rest])).toBe(exact);
      expect(view.rows.length).toBeLessThanOrEqual(limit);
      const calls = [...view.rows, view.rest].reduce((sum, row) => sum + row.calls, 0);
      expect(calls).toBe(costs.length);
    }
  }
  const byRun = await usageAndCost(books.admin, { by: "run" });
  expect(byRun.rows.map(({ key }) => key)).toContain(null);
  expect(byRun.total).toMatchObject({
    inputTokens: 700,
    cacheReadTokens: 70,
    outputTokens: 140,
    reasoningTokens: 35,
  });
  const one = await usageAndCost(books.admin, { by: "model", runId: toId("run", runs[0] ?? "") });
  expect(picoOfUsd(one.total.costUsd)).toBe(
    costs.filter((_, i) => i % 3 === 0).reduce((a, b) => a + b, 0n),
  );
  expect(one.counted).toBeNull();
  const mine = await usageAndCost(books.admin, {
    agentId: toId("agent", agents[0] ?? ""),
    model: "p/m2",
  });
  expect(mine.total.calls).toBe(2);
});

it("tells what failed, was kept, or has no price, and is each tenant's own", async () => {
  await record([
    { cost: null, status: "lost" },
    { cost: null },
    { cost: null, status: "failed" },
    { cost: 0n, cache: "exact" },
  ]);
  const { total } = await usageAndCost(books.admin, {});
  expect(total).toMatchObject({ calls: 4, failed: 2, cached: 1, unpriced: 2, costUsd: "0" });
  const other = await openBooks(plane);
  expect((await usageAndCost(other.admin, {})).total.calls).toBe(0);
  await expect(
    usageAndCost(books.admin, { from: "2026-11-02", to: "2026-11-01" }),
  ).rejects.toMatchObject({ code: "invalid_input" });
  await expect(usageAndCost(books.admin, { from: "yesterday" })).rejects.toMatchObject({
    code: "invalid_input",
  });
});

it("cuts days by the tenant's clock", async () => {
  await record([
    { cost: 1n, at: "2026-10-24T22:30:00Z" },
    { cost: 2n, at: "2026-10-25T22:30:00Z" },
    { cost: 4n, at: "2026-10-25T23:30:00Z" },
  ]);
  const days = { by: "day", from: "2026-10-24", to: "2026-10-25" } as const;
  const utc = await usageAndCost(books.admin, days);
  expect(utc.rows.map(({ key, costUsd }) => [key, picoOfUsd(costUsd)])).toEqual([
    ["2026-10-25", 6n],
    ["2026-10-24", 1n],
  ]);
  await setTimeZone(again(books.admin), { timeZone: "Europe/Berlin" });
  const berlin = await usageAndCost(books.admin, days);
  expect(berlin.rows.map(({ key, costUsd }) => [key, picoOfUsd(costUsd)])).toEqual([
    ["2026-10-25", 3n],
  ]);
  expect([berlin.from, berlin.to]).toEqual([
    "2026-10-23T22:00:00.000Z",
    "2026-10-25T23:00:00.000Z",
  ]);
  expect(berlin.daily).toEqual([{ day: "2026-10-25", model: "p/m", costUsd: "0.000000000003" }]);
});

it("counts what is settled by the hour, for gates: with what the day may cost", async () => {
  const cap = await books.budget({ limit: 9n * 10n ** 12n, window: "day" });
  await books.budget({ limit: 5n, window: "day", scope: "run" });
  const spend = async (usd: bigint, model: string) =>
    settle(plane.plane, await books.hold({ usd, calls: 1, tokens: 10 }, { scopes: { model } }), {
      usd,
      tokens: 7,
    });
  await Promise.all([spend(10n ** 12n, "p/a"), spend(1n, "p/a"), spend(5n * 10n ** 11n, "p/b")]);
  const { counted } = await usageAndCost(books.admin, {});
  expect(counted).toEqual({ calls: 3, tokens: 21, costUsd: "1.500000000001" });
  const facts = () =>
    inTransaction(books.admin, (tx) => loadPlanFacts(books.admin, tx, [], undefined));
  expect(await facts()).toMatchObject({
    spentTodayUsd: 1.500000000001,
    budgets: { costUsdPerDay: 9 },
  });
  await plane.owner.query(
    "update usage_counters set starts_at = starts_at - interval '2 days' where tenant_id = $1 and model = 'p/b'",
    [books.tenant.id],
  );
  await setGateSettings(again(books.admin), { budgets: { costUsdPerDay: 4 }, compliance: {} });
  expect(await facts()).toMatchObject({
    spentTodayUsd: 1.000000000001,
    budgets: { costUsdPerDay: 4 },
  });
  expect(await books.counter(cap)).toMatchObject({ used: String(15n * 10n ** 11n + 1n) });
});
