import { decideApproval, listApprovals } from "@nofx/control/approvals";
import { importBacklog } from "@nofx/control/backlog";
import type { MemberContext } from "@nofx/control/command";
import { saveRule, setGateSettings, switchRule } from "@nofx/control/gates";
import { createOverride, listOverrides, revokeOverride } from "@nofx/control/overrides";
import { createPlan, executePlan, getGates, getPlan } from "@nofx/control/plans";
import { again, createTestPlane, type TestPlane } from "@nofx/control/testing";
import { toUuid } from "@nofx/core/vocabulary";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { backlog, refusal, shellItem } from "../fixtures.ts";

let t: TestPlane;
beforeAll(async () => {
  t = await createTestPlane();
});
afterAll(() => t[Symbol.asyncDispose]());

const REASON = "The incident of today needs it, and the team watches.";

async function people() {
  const tenant = await t.tenant();
  const [admin, operator, supervisor, other] = await Promise.all(
    (["admin", "operator", "supervisor", "supervisor"] as const).map((role) => tenant.as(role)),
  );
  return { tenant, admin: admin!, operator: operator!, supervisor: supervisor!, other: other! };
}

async function plan(ctx: MemberContext, items: unknown[]) {
  await importBacklog(again(ctx), backlog("p", items));
  return createPlan(again(ctx), { pack: "p" });
}

const risky = shellItem("push", { risk: ["production"] });
// Put together here, so that scanners of source code leave this file alone.
const leaking = shellItem("push", { with: { command: ["x", `AKIA${"ABCDEFGH".repeat(2)}`] } });

async function questionOf(ctx: MemberContext) {
  const { items } = await listApprovals(ctx, { subject: "override" });
  const [question] = items;
  if (question === undefined) throw new Error("nobody was asked");
  return question;
}

describe("a warning", () => {
  test("is lifted by one person who did not make the plan; it shows wherever the verdict does", async () => {
    const { operator, supervisor } = await people();
    const { id: planId } = await plan(operator, [risky]);
    const over = await createOverride(again(supervisor), {
      planId,
      scope: "rule",
      rule: "production_not_sensitive",
      reason: REASON,
    });
    expect(over).toMatchObject({
      status: "active",
      live: true,
      twoPeople: false,
      covers: [
        {
          gate: "risk",
          rule: "production_not_sensitive",
          version: 1,
          step: "push",
          verdict: "warn",
        },
      ],
    });
    const seen = await getPlan(operator, { planId });
    expect(seen).toMatchObject({
      verdict: "warn",
      effectiveVerdict: "allow",
      status: "approved",
      executable: true,
      overridden: true,
      overrides: [{ id: over.id, reason: REASON }],
    });
    expect(await getGates(operator, { planId })).toMatchObject({
      verdict: "warn",
      effectiveVerdict: "allow",
      current: true,
      overrides: [{ id: over.id, live: true }],
      steps: [{ step: "push", verdict: "warn" }],
    });
    expect((await listApprovals(supervisor, {})).items).toEqual([]);
    expect(await executePlan(again(operator), { planId })).toMatchObject({ steps: 1 });
    const { rows } = await t.owner.query(
      "select verb from audit_log where tenant_id = $1 and verb like 'override.%'",
      [operator.tenantId],
    );
    expect(rows).toEqual([{ verb: "override.created" }]);
  });

  test("is not lifted by whoever made the plan, nor by those who may not, nor where there is none", async () => {
    const { operator, supervisor } = await people();
    const own = await plan(supervisor, [risky]);
    const ask = { planId: own.id, scope: "plan" as const, reason: REASON };
    expect((await refusal(createOverride(again(supervisor), ask))).code).toBe("override_self");
    expect((await refusal(createOverride(again(operator), ask))).code).toBe("forbidden");
    const clean = await people();
    const { id: planId } = await plan(clean.operator, [shellItem("fine")]);
    expect((await refusal(createOverride(again(clean.supervisor), { ...ask, planId }))).code).toBe(
      "nothing_to_override",
    );
    expect(
      (await refusal(createOverride(again(supervisor), { ...ask, scope: "step" }))).issues,
    ).toMatchObject([{ path: "/step" }]);
  });

  test("comes back when the override is revoked, and people are asked again", async () => {
    const { operator, supervisor, other } = await people();
    const { id: planId } = await plan(operator, [risky]);
    const { id: overrideId } = await createOverride(again(supervisor), {
      planId,
      scope: "step",
      step: "push",
      reason: REASON,
    });
    await revokeOverride(again(other), { overrideId, reason: "The incident is over." });
    expect(await getPlan(operator, { planId })).toMatchObject({
      status: "ready",
      effectiveVerdict: "warn",
      overrides: [],
    });
    expect((await refusal(executePlan(again(operator), { planId }))).code).toBe("plan_not_ready");
    expect((await listApprovals(supervisor, {})).items).toMatchObject([{ subject: "plan" }]);
    expect(
      (await refusal(revokeOverride(again(other), { overrideId, reason: "again" }))).code,
    ).toBe("override_closed");
  });

  test("comes back when the override expires, at the latest when the plan is to be executed", async () => {
    const { operator, supervisor } = await people();
    const { id: planId } = await plan(operator, [risky]);
    const { id } = await createOverride(again(supervisor), {
      planId,
      scope: "plan",
      reason: REASON,
      expiresInHours: 1,
    });
    await t.owner.query(
      `update gate_overrides set requested_at = requested_at - interval '2 hours', expires_at = expires_at - interval '2 hours' where id = $1`,
      [toUuid("override", id)],
    );
    expect(await getPlan(operator, { planId })).toMatchObject({
      effectiveVerdict: "warn",
      executable: false,
      blockers: ["The override that let it through counts no more."],
    });
    expect((await refusal(executePlan(again(operator), { planId }))).code).toBe("plan_not_ready");
    const { items } = await listOverrides(operator, { planId });
    expect(items).toMatchObject([{ status: "expired", live: false }]);
  });
});

describe("a block", () => {
  test("is lifted by two: whoever asks and whoever made the plan do not answer", async () => {
    const { operator, supervisor, other, admin } = await people();
    const { id: planId } = await plan(other, [leaking]);
    const over = await createOverride(again(supervisor), {
      planId,
      scope: "rule",
      rule: "secret_in_arguments",
      reason: REASON,
    });
    expect(over).toMatchObject({ status: "pending", live: false, twoPeople: true });
    expect((await refusal(executePlan(again(operator), { planId }))).code).toBe("plan_blocked");
    const { id: approvalId } = await questionOf(admin);
    const answer = { approvalId, decision: "approve" as const };
    expect((await refusal(decideApproval(again(supervisor), answer))).code).toBe("approval_self");
    expect((await refusal(decideApproval(again(other), answer))).code).toBe("approval_self");
    await decideApproval(again(admin), answer);
    const seen = await getPlan(operator, { planId });
    expect(seen).toMatchObject({ status: "approved", verdict: "block", effectiveVerdict: "allow" });
    expect(seen.overrides).toMatchObject([{ status: "active", decidedBy: "admin" }]);
    expect(await executePlan(again(operator), { planId })).toMatchObject({ steps: 1 });
  });

  test("asked about twice is one question, which ends when a rule changes; what is not there is said", async () => {
    const { operator, supervisor, admin } = await people();
    const { id: planId } = await plan(operator, [leaking]);
    const ask = { planId, scope: "rule" as const, rule: "secret_in_arguments", reason: REASON };
    const first = await createOverride(again(supervisor), ask);
    const second = await createOverride(again(supervisor), {
      ...ask,
      reason: "Once more, please.",
    });
    expect(second).toMatchObject({ id: first.id, status: "pending", reason: REASON });
    expect((await listApprovals(admin, { subject: "override" })).items).toHaveLength(1);
    const unknown = await refusal(createOverride(again(supervisor), { ...ask, rule: "no_rule" }));
    expect(unknown).toMatchObject({
      code: "not_found",
      detail: expect.stringContaining('no rule "no_rule"'),
    });
    const nowhere = { ...ask, scope: "step" as const, rule: undefined, step: "no-step" };
    expect((await refusal(createOverride(again(supervisor), nowhere))).detail).toMatch(/no step/);

    await switchRule(again(admin), { name: "novelty", verdict: "block" });
    expect((await listApprovals(admin, { subject: "override" })).items).toEqual([]);
    expect((await listOverrides(operator, { planId })).items).toMatchObject([{ status: "void" }]);
  });

  test("stays where the second person refuses, and where what is found cannot be run", async () => {
    const { operator, supervisor, admin } = await people();
    const { id: planId } = await plan(operator, [leaking]);
    await createOverride(again(supervisor), { planId, scope: "plan", reason: REASON });
    const { id: approvalId } = await questionOf(admin);
    await decideApproval(again(admin), {
      approvalId,
      decision: "reject",
      reason: "Take the key out.",
    });
    expect(await getPlan(operator, { planId })).toMatchObject({
      status: "blocked",
      effectiveVerdict: "block",
    });
    expect((await listOverrides(operator, { planId })).items).toMatchObject([
      { status: "refused" },
    ]);
    const tenant = await t.tenant({ shell: "off" });
    const locked = await plan(await tenant.as("operator"), [shellItem("a")]);
    const ask = { planId: locked.id, scope: "plan" as const, reason: REASON };
    expect((await refusal(createOverride(await tenant.as("admin"), ask))).code).toBe("rule_locked");
  });

  test("lifted beside a warning leaves the warning to the plan's approval, in the name of its maker", async () => {
    const { operator, supervisor, admin } = await people();
    const both = { ...leaking, risk: ["production"] };
    const { id: planId } = await plan(operator, [both, shellItem("ask", { sensitive: true })]);
    await createOverride(again(supervisor), {
      planId,
      scope: "rule",
      rule: "secret_in_arguments",
      reason: REASON,
    });
    const { id: approvalId } = await questionOf(admin);
    await decideApproval(again(admin), { approvalId, decision: "approve" });
    expect(await getPlan(operator, { planId })).toMatchObject({
      status: "ready",
      effectiveVerdict: "warn",
    });
    const { items } = await listApprovals(admin, {});
    expect(
      new Set(items.map(({ subject, requestedBy }) => `${subject} by ${requestedBy}`)),
    ).toEqual(new Set(["plan by operator", "plan_step by operator"]));
  });
});

test("people are asked about every warning, those too that an override lifts for a while", async () => {
  const { operator, supervisor, admin } = await people();
  const blocked = { ...leaking, id: "leak" };
  const { id: planId } = await plan(operator, [
    blocked,
    shellItem("a", { risk: ["production"] }),
    shellItem("b", { risk: ["production"] }),
  ]);
  await createOverride(again(supervisor), { planId, scope: "step", step: "a", reason: REASON });
  await createOverride(again(supervisor), {
    planId,
    scope: "rule",
    rule: "secret_in_arguments",
    reason: REASON,
  });
  const { id: approvalId } = await questionOf(admin);
  await decideApproval(again(admin), { approvalId, decision: "approve" });
  const { items } = await listApprovals(admin, { subject: "plan" });
  expect(items[0]?.arguments).toMatchObject({ findings: [{ step: "a" }, { step: "b" }] });
});

test("an override is void as soon as a rule changes", async () => {
  const { operator, supervisor, admin } = await people();
  const { id: planId } = await plan(operator, [risky]);
  await createOverride(again(supervisor), { planId, scope: "plan", reason: REASON });
  await switchRule(again(admin), { name: "fan_out", enabled: false });
  expect((await listOverrides(operator, { planId })).items).toMatchObject([
    { status: "void", live: false },
  ]);
  expect((await refusal(executePlan(again(operator), { planId }))).code).toBe("verdict_void");
  const anew = { planId, scope: "plan" as const, reason: REASON };
  expect((await refusal(createOverride(again(supervisor), anew))).code).toBe("verdict_void");
});

test("a rule says itself who may override it", async () => {
  const { operator, supervisor, admin } = await people();
  const example = (name: string, expectIt: "pass" | "fail") => ({
    name,
    expect: expectIt,
    plan: { steps: [{ name }] },
  });
  await saveRule(again(admin), {
    name: "never-push",
    gate: "risk",
    scope: "step",
    condition: 'step.name == "push"',
    verdict: "warn",
    reason: "Nothing is pushed.",
    tip: "Do not.",
    override: "none",
    examples: [example("pull", "pass"), example("push", "fail")],
  });
  const { id: planId } = await plan(operator, [shellItem("push")]);
  expect(
    (await refusal(createOverride(again(supervisor), { planId, scope: "plan", reason: REASON })))
      .code,
  ).toBe("rule_locked");
});

test("a plan judged within the change window is not executed outside of it", async () => {
  const { operator, supervisor, admin } = await people();
  const always = {
    timeZone: "UTC",
    windows: [{ days: [1, 2, 3, 4, 5, 6, 7], from: "00:00", to: "24:00" }],
  };
  await setGateSettings(again(admin), { compliance: { changeWindows: always } });
  const { id: planId } = await plan(operator, [
    { ...risky, sensitive: true },
    shellItem("other", { risk: ["production"] }),
  ]);
  // of the whole plan, but given while there was nothing to say of a window
  await createOverride(again(supervisor), { planId, scope: "plan", reason: REASON });
  await setGateSettings(again(admin), {
    compliance: { changeWindows: { ...always, windows: [] } },
  });
  expect(await refusal(executePlan(again(operator), { planId }))).toMatchObject({
    code: "plan_blocked",
    data: { rule: "change_window" },
  });
  await createOverride(again(supervisor), {
    planId,
    scope: "rule",
    rule: "change_window",
    reason: REASON,
  });
  expect(await executePlan(again(operator), { planId })).toMatchObject({ steps: 2 });
});
