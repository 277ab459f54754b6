import { importBacklog } from "@nofx/control/backlog";
import type { MemberContext } from "@nofx/control/command";
import {
  getRule,
  listRules,
  replayRule,
  saveRule,
  setGateSettings,
  switchRule,
  testRule,
} from "@nofx/control/gates";
import { createPlan, executePlan, getGates } from "@nofx/control/plans";
import { again, createTestPlane, type TestPlane } from "@nofx/control/testing";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { backlog, refusal, shellItem } from "../fixtures.ts";

let t: TestPlane;
beforeAll(async () => {
  t = await createTestPlane();
});
afterAll(() => t[Symbol.asyncDispose]());

const example = (name: string, expectIt: "pass" | "fail", step: Record<string, unknown>) => ({
  name,
  expect: expectIt,
  plan: { steps: [{ name: "a", ...step }] },
});

/** Nothing named deploy may run in a step that is not sensitive. */
const noDeploys = {
  name: "no-silent-deploys",
  gate: "risk" as const,
  scope: "step" as const,
  condition: 'step.name.startsWith("deploy") && !step.sensitive',
  verdict: "block" as const,
  reason: "Step {step} deploys, and nobody is asked.",
  tip: "Mark the item as sensitive.",
  examples: [
    example("a build", "pass", { name: "build" }),
    example("asked about", "pass", { name: "deploy", sensitive: true }),
    example("in silence", "fail", { name: "deploy" }),
  ],
};

async function people() {
  const tenant = await t.tenant();
  const admin = await tenant.as("admin");
  const operator = await tenant.as("operator");
  return { tenant, admin, operator };
}

async function plan(ctx: MemberContext, pack: string, items: unknown[]) {
  await importBacklog(again(ctx), backlog(pack, items));
  return createPlan(again(ctx), { pack });
}

describe("a rule of the tenant's own", () => {
  test("that says what it said is left as it is, and the verdicts by it hold", async () => {
    const { admin, operator } = await people();
    const { version } = await saveRule(again(admin), noDeploys);
    const { id: planId } = await plan(operator, "same", [shellItem("build")]);
    const same = await saveRule(again(admin), { ...noDeploys, replaces: version });
    expect(same).toMatchObject({ version, versions: [{ version }] });
    expect(await switchRule(again(admin), { name: noDeploys.name, enabled: true })).toMatchObject({
      version,
    });
    expect(await getGates(operator, { planId })).toMatchObject({ voidBecause: null });
    expect(await listRules(operator)).toMatchObject({ voidPlans: 0 });
    const tip = "Mark it.";
    const next = await saveRule(again(admin), { ...noDeploys, tip, replaces: version });
    expect(next.version).toBe(version + 1);
    expect(await listRules(operator)).toMatchObject({ voidPlans: 1 });
  });

  test("judges plans from the next one on, and the finding says by which version", async () => {
    const { admin, operator } = await people();
    const before = await plan(operator, "p", [shellItem("deploy-web")]);
    expect(before.verdict).toBe("allow");
    await saveRule(admin, noDeploys);
    const after = await createPlan(again(operator), { pack: "p" });
    expect(after).toMatchObject({ verdict: "block", status: "blocked" });
    const risk = after.evaluations.find(({ gate }) => gate === "risk");
    expect(risk?.findings).toContainEqual({
      rule: "no-silent-deploys",
      version: 1,
      verdict: "block",
      step: "deploy-web",
      reason: "Step deploy-web deploys, and nobody is asked.",
      evidence: {},
      tip: "Mark the item as sensitive.",
    });
    const changed = {
      ...noDeploys,
      condition: 'step.name == "deploy" && !step.sensitive',
      verdict: "warn" as const,
      replaces: 1,
    };
    expect(await saveRule(again(admin), changed)).toMatchObject({
      version: 2,
      hits: 1,
      versions: [{ version: 2 }, { version: 1, condition: noDeploys.condition }],
    });
    expect(await refusal(saveRule(again(admin), changed))).toMatchObject({
      code: "conflict",
      data: { version: 2 },
    });
  });

  test("is refused with the place of what is wrong, and without examples that come out", async () => {
    const { admin, operator } = await people();
    const wrong = { ...noDeploys, condition: "true &&\n  step.nam == 'a'" };
    expect(await refusal(saveRule(admin, wrong))).toMatchObject({
      code: "condition_invalid",
      data: { message: "No such key: nam", line: 2, column: 8, start: 15, end: 18 },
    });
    const oneSided = { ...noDeploys, examples: noDeploys.examples.slice(0, 2) };
    expect((await refusal(saveRule(again(admin), oneSided))).code).toBe("rule_untested");
    const lying = { ...noDeploys, condition: "step.sensitive" };
    expect((await refusal(saveRule(again(admin), lying))).issues.map(({ path }) => path)).toEqual([
      "/examples/1",
      "/examples/2",
    ]);
    const builtIn = { ...noDeploys, name: "fan_out" };
    expect((await refusal(saveRule(again(admin), builtIn))).code).toBe("rule_locked");
    expect((await refusal(saveRule(operator, noDeploys))).code).toBe("forbidden");
    expect((await listRules(admin)).items.every(({ origin }) => origin === "built_in")).toBe(true);
    const draft = { ...noDeploys, condition: "step.with.x == 1" };
    expect((await refusal(testRule(operator, draft))).code).toBe("forbidden");
    const tried = await testRule(admin, draft);
    expect(tried.examples[0]).toMatchObject({ got: "error", error: "No such key: x" });
  });

  test("that hangs is named, and lets nothing through", async () => {
    const { admin, operator } = await people();
    const hangs = {
      ...noDeploys,
      scope: "plan" as const,
      condition:
        "plan.stepCount > 100 && plan.steps.all(a, plan.steps.all(b, plan.steps.all(c, a.name + b.name != c.name)))",
      examples: [
        { name: "small", expect: "pass" as const, plan: { steps: [{ name: "a" }] } },
        { name: "two", expect: "fail" as const, plan: { steps: [{ name: "a" }, { name: "b" }] } },
      ],
    };
    // its examples are too small to show it, so one that is true of two steps is added
    hangs.condition = `plan.stepCount == 2 || (${hangs.condition})`;
    await saveRule(admin, hangs);
    const items = Array.from({ length: 150 }, (_, i) => shellItem(`i${i}`));
    const made = await plan(operator, "p", items);
    expect(made.verdict).toBe("block");
    expect(made.evaluations[1]?.findings.find(({ rule }) => rule === hangs.name)?.reason).toBe(
      'Rule "no-silent-deploys" could not be evaluated: took longer than 50 ms.',
    );
  });
});

test("rules of the product are switched and raised, those that cannot be run with are not", async () => {
  const { admin, operator } = await people();
  const items = [shellItem("a", { owner: undefined }), shellItem("push", { risk: ["production"] })];
  expect((await plan(operator, "p", items)).verdict).toBe("warn");
  await switchRule(again(admin), { name: "production_not_sensitive", enabled: false });
  const lifted = await createPlan(again(operator), { pack: "p" });
  expect(lifted).toMatchObject({ verdict: "allow", status: "approved" });
  expect(await switchRule(again(admin), { name: "no_owner", verdict: "block" })).toMatchObject({
    version: 2,
    verdict: "block",
    override: "two",
  });
  expect((await createPlan(again(operator), { pack: "p" })).verdict).toBe("block");
  expect((await refusal(switchRule(again(admin), { name: "loop", enabled: false }))).code).toBe(
    "rule_locked",
  );
  expect(
    (await refusal(switchRule(again(operator), { name: "no_owner", enabled: false }))).code,
  ).toBe("forbidden");
  expect(await getRule(operator, { name: "no_owner" })).toMatchObject({
    hits: 3,
    changedBy: "admin",
  });
});

test("a verdict given by other rules is void: the plan is not executed", async () => {
  const { admin, operator } = await people();
  const made = await plan(operator, "p", [shellItem("a")]);
  expect((await getGates(operator, { planId: made.id })).current).toBe(true);
  await saveRule(again(admin), noDeploys);
  expect(await getGates(operator, { planId: made.id })).toMatchObject({
    current: false,
    voidBecause: "rules",
  });
  expect((await refusal(executePlan(again(operator), { planId: made.id }))).code).toBe(
    "verdict_void",
  );
  const renewed = await createPlan(again(operator), { pack: "p" });
  expect(await executePlan(again(operator), { planId: renewed.id })).toMatchObject({ steps: 1 });
});

test("a draft is replayed on the last plans: what would change comes first, nothing is written", async () => {
  const { admin, operator } = await people();
  for (const name of ["build", "deploy-web", "test", "deploy-api"])
    await plan(operator, name, [shellItem(name)]);
  const { examples: _, reason: __, tip: ___, gate: ____, ...draft } = noDeploys;
  const replayed = await replayRule(admin, draft);
  expect(replayed).toMatchObject({ judged: 4, changed: 2, failed: 0, skipped: 0 });
  expect(
    replayed.plans.map(({ title, before, after, steps }) => [title, before, after, steps]),
  ).toEqual([
    ["deploy-api", "allow", "block", ["deploy-api"]],
    ["deploy-web", "allow", "block", ["deploy-web"]],
    ["test", "allow", "allow", []],
    ["build", "allow", "allow", []],
  ]);
  expect(
    await getRule(operator, { name: draft.name }).catch((error: unknown) => error),
  ).toMatchObject({ code: "not_found" });
});

test("settings of compliance and budgets are what those gates judge by", async () => {
  const { tenant, admin, operator } = await people();
  await tenant.as("supervisor");
  await setGateSettings(again(admin), {
    budgets: { durationMsPerPlan: 1 },
    compliance: {
      licences: ["MIT"],
      regions: { default: "us" },
      approvers: { "data:*": "privacy" },
    },
  });
  const made = await plan(operator, "p", [
    shellItem("a", { labels: ["licence:GPL-3.0"] }),
    shellItem("b", { labels: ["residency:eu"] }),
    shellItem("c", { labels: ["data:personal"] }),
    shellItem("d", { labels: ["retention:30d"] }),
  ]);
  const rules = (gate: string) =>
    made.evaluations
      .find((one) => one.gate === gate)
      ?.findings.map(({ rule, verdict }) => [rule, verdict]);
  expect(rules("compliance")).toEqual([
    ["approvers_by_label", "block"],
    ["data_residency", "block"],
    ["retention_class", "block"],
    ["licence", "block"],
  ]);
  expect(rules("resource")).toEqual([["time_budget", "block"]]);
  const zone = { compliance: { changeWindows: { timeZone: "Mars/One", windows: [] } } };
  expect((await refusal(setGateSettings(again(admin), zone))).code).toBe("time_zone_unknown");
});
