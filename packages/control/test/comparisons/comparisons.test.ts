import { randomUUID } from "node:crypto";
import { importBacklog } from "@nofx/control/backlog";
import {
  getComparison,
  listComparisons,
  runComparison,
  startComparison,
} from "@nofx/control/comparisons";
import { setFlag } from "@nofx/control/flags";
import { createModelRegistry, listModels, type ModelRegistry } from "@nofx/control/model-router";
import { createPlan, getPlan } from "@nofx/control/plans";
import { again, createTestPlane, type TestPlane } from "@nofx/control/testing";
import type { MemberContext } from "@nofx/control/command";
import { SIMULATED_MODELS } from "@nofx/core/model-router";
import { toUuid } from "@nofx/core/vocabulary";
import { afterAll, beforeAll, expect, test } from "vitest";
import { backlog, shellItem } from "../fixtures.ts";

let t: TestPlane;
let models: ModelRegistry;
/** How often each model was asked. */
const asked = new Map<string, number>();
beforeAll(async () => {
  t = await createTestPlane();
  // the simulated models as they are, but in no time
  const clock = { ...t.plane.clock, sleep: () => Promise.resolve() };
  const registry = createModelRegistry({ clock });
  models = {
    ...registry,
    find(id) {
      asked.set(id, (asked.get(id) ?? 0) + 1);
      return registry.find(id);
    },
  };
});
afterAll(() => t[Symbol.asyncDispose]());

const ITEMS = [
  shellItem("design"),
  shellItem("build", { needs: ["design"] }),
  shellItem("verify", { needs: ["build"] }),
  shellItem("write-docs", { needs: ["design"] }),
  shellItem("release", { needs: ["verify", "write-docs"] }),
];

async function someone(): Promise<MemberContext> {
  const operator = await (await t.tenant()).as("operator");
  const quick = { ...operator, plane: { ...operator.plane, models } };
  await importBacklog(again(quick), backlog("bakery", ITEMS));
  return quick;
}
const THREE = ["simulated/careful", "simulated/hasty", "simulated/broken"];
const start = (ctx: MemberContext, rest: object = {}) =>
  startComparison(again(ctx), { pack: "bakery", models: THREE, ...rest });

test("a good plan is taken, a loose one mended, a broken one refused with reasons; each with its time and cost", async () => {
  const ctx = await someone();
  const comparison = await start(ctx);
  expect(comparison).toMatchObject({ status: "ended", models: 3, usable: 2, own: { steps: 5 } });
  const [careful, hasty, broken] = comparison.rows;
  expect(careful).toMatchObject({
    model: "simulated/careful",
    simulated: true,
    status: "usable",
    repairs: [],
    reasons: [],
    plan: { steps: 5, verdict: comparison.own.verdict },
    differences: {
      counts: { added: 0, removed: 0, changed: 0, unchanged: 5 },
      estimates: { items: 5 },
    },
  });
  expect(hasty).toMatchObject({ status: "repaired", plan: { steps: 5 } });
  const mended = new Set(hasty?.repairs.map(({ kind }) => kind));
  for (const kind of ["text_around", "trailing_comma", "misspelt_id", "item_missing"] as const) {
    expect(mended).toContain(kind);
  }
  expect(broken).toMatchObject({ status: "refused", plan: null, differences: null });
  expect(["not_json", "loop"]).toContain(broken?.reasons[0]?.code);
  // a refused answer was paid for, and by the price in force: 3 and 15 USD a million
  for (const row of comparison.rows) {
    expect(row.usage?.output).toBeGreaterThan(0);
    expect(Number(row.costUsd)).toBeGreaterThan(0);
  }
  const { input = 0, output = 0 } = careful?.usage ?? {};
  expect(Number(careful?.costUsd)).toBeCloseTo((input * 3 + output * 15) / 1e6, 12);
  expect(careful?.price).toMatchObject({ source: "nominal", perMillionTokens: { input: "3" } });

  const { rows } = await t.owner.query<{ type: string; payload: unknown }>(
    "select type, payload from events where tenant_id = $1 and type = 'models.compared'",
    [ctx.tenantId],
  );
  expect(rows.map(({ payload }) => payload)).toMatchObject([{ models: 3, usable: 2 }]);
  expect((await listComparisons(ctx, {})).items.map(({ id }) => id)).toEqual([comparison.id]);
});

test("a model's plan becomes a version of the plan, marked as its own", async () => {
  const ctx = await someone();
  await createPlan(again(ctx), { pack: "bakery" });
  const { id: comparisonId } = await start(ctx);
  const from = { comparisonId, model: "simulated/hasty" };
  const plan = await createPlan(again(ctx), { pack: "bakery", from });
  expect(plan).toMatchObject({ version: 2, steps: 5 });
  const names = plan.stepList.map(({ name }) => name);
  expect(names.indexOf("design")).toBeLessThan(names.indexOf("build"));
  expect(names.indexOf("verify")).toBeLessThan(names.indexOf("release"));
  const { rows } = await t.owner.query("select source, model from plans where id = $1", [
    toUuid("plan", plan.id),
  ]);
  expect(rows).toEqual([{ source: "model", model: "simulated/hasty" }]);
  const [, hasty] = (await getComparison(ctx, { comparisonId })).rows;
  expect(hasty?.adoptedAs).toBe((await getPlan(ctx, { planId: plan.id })).id);

  await expect(
    createPlan(again(ctx), { pack: "bakery", from: { comparisonId, model: "simulated/broken" } }),
  ).rejects.toMatchObject({ code: "conflict" });
  // what the backlog has by now and the model did not know of stands in the way
  const more = ["a", "b", "c"].map((id) => shellItem(`new-${id}`));
  await importBacklog(again(ctx), backlog("bakery", [...ITEMS, ...more]));
  await expect(createPlan(again(ctx), { pack: "bakery", from })).rejects.toMatchObject({
    code: "plan_invalid",
  });
});

test("one model's failure costs the others nothing, and each is asked once however often the request is repeated", async () => {
  const ctx = await someone();
  const flaky = SIMULATED_MODELS.map(({ name }) => `simulated/${name}`);
  const key = randomUUID();
  const input = { pack: "bakery", models: flaky, seed: await failingSeed(ctx) };
  asked.clear();
  const first = await startComparison(again(ctx, key), input);
  const repeated = await startComparison(again(ctx, key), input);
  expect(repeated).toEqual(first);
  expect([...asked.values()]).toEqual([1, 1, 1, 1]);
  expect(first.rows.map(({ status }) => status)).toEqual([
    "usable",
    "repaired",
    "refused",
    "failed",
  ]);
  const failed = first.rows[3];
  expect(["rate_limited", "overloaded"]).toContain(failed?.error?.code);
  expect(failed).toMatchObject({ costUsd: null, usage: null, document: null });
});

test("what is asked later is asked once by those who ask at the same time; after a crash the rest is asked", async () => {
  const ctx = await someone();
  const { id: comparisonId, status } = await start(ctx, { run: false });
  expect(status).toBe("waiting");
  asked.clear();
  await Promise.all([1, 2, 3].map(() => runComparison(again(ctx), { comparisonId })));
  expect(await getComparison(ctx, { comparisonId })).toMatchObject({ status: "ended" });
  expect([...asked.values()]).toEqual([1, 1, 1]);

  // whoever asked has died: nobody hears of it until its time is over
  const { id: second } = await start(ctx, { run: false });
  const until = (when: string) =>
    t.owner.query(
      `update model_comparison_rows set status = 'asking', asked_until = clock_timestamp() + $2::interval where comparison_id = $1`,
      [toUuid("comparison", second), when],
    );
  await until("1 minute");
  expect(await runComparison(again(ctx), { comparisonId: second })).toMatchObject({
    status: "running",
  });
  await until("-1 second");
  expect(await runComparison(again(ctx), { comparisonId: second })).toMatchObject({
    status: "ended",
    usable: 2,
  });
});

test("a backlog that has changed since is not asked about", async () => {
  const ctx = await someone();
  const { id: comparisonId } = await start(ctx, { run: false });
  await importBacklog(again(ctx), backlog("bakery", [...ITEMS, shellItem("late")]));
  asked.clear();
  const { rows } = await runComparison(again(ctx), { comparisonId });
  expect(rows.map(({ error }) => error?.code)).toEqual(THREE.map(() => "backlog_changed"));
  expect(asked.size).toBe(0);
});

test("is refused for what cannot be asked, to those who may not plan, and where planning is switched off", async () => {
  const tenant = await t.tenant();
  const operator = await tenant.as("operator");
  await importBacklog(again(operator), backlog("bakery", ITEMS));
  await expect(start(operator, { models: ["openai/gpt-5"] })).rejects.toMatchObject({
    code: "invalid_input",
    issues: [{ path: "/models/0", message: expect.stringContaining("simulated/careful") }],
  });
  await expect(start(await tenant.as("viewer"))).rejects.toMatchObject({ code: "forbidden" });
  const { id } = await start(operator, { run: false });
  const stranger = await (await t.tenant()).as("operator");
  expect((await listComparisons(stranger, {})).items).toEqual([]);
  for (const ask of [getComparison, runComparison]) {
    await expect(ask(stranger, { comparisonId: id })).rejects.toMatchObject({ code: "not_found" });
  }
  await setFlag(await tenant.as("admin"), {
    name: "FEATURE_AUTO_PLANNER",
    enabled: false,
    note: "!",
  });
  await expect(start(operator)).rejects.toMatchObject({ code: "feature_off" });
});

test("models are listed with what they cost; a tenant's own price stands in place of ours", async () => {
  const tenant = await t.tenant();
  const viewer = await tenant.as("viewer");
  const { models: askable } = await listModels(viewer, {});
  expect(askable.every(({ available }) => available)).toBe(true);
  await t.owner.query(
    `insert into llm_prices (tenant_id, provider, model, effective_from, input, output, source)
     values ($1, 'anthropic', 'claude-sonnet-4-5', '2026-01-01', 1000000, 5000000, 'contract')`,
    [tenant.id],
  );
  const priceFor = async (ctx: MemberContext) =>
    (await listModels(ctx, { available: "false", search: "claude-sonnet-4-5" })).models[0];
  expect(await priceFor(viewer)).toMatchObject({
    id: "anthropic/claude-sonnet-4-5",
    available: false,
    contextTokens: 200_000,
    price: { own: true, perMillionTokens: { input: "1", output: "5", cacheRead: null } },
  });
  expect(await priceFor(await (await t.tenant()).as("viewer"))).toMatchObject({
    price: { own: false, perMillionTokens: { input: "3", output: "15", cacheRead: "0.3" } },
  });
});

/** A seed with which the flaky model fails for this backlog. */
async function failingSeed(ctx: MemberContext): Promise<number> {
  for (let seed = 1; seed < 50; seed += 1) {
    const [row] = (await start(ctx, { models: ["simulated/flaky"], seed })).rows;
    if (row?.status === "failed") return seed;
  }
  throw new Error("it never fails");
}
