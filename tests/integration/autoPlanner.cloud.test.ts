import { readFile } from "node:fs/promises";
import { importBacklog, listBacklog, listPacks } from "@nofx/control/backlog";
import {
  createPlan,
  diffPlans,
  executePlan,
  forecastPlan,
  getGates,
  getPlan,
  listPlans,
  listPlanSteps,
} from "@nofx/control/plans";
import { decideApproval, listApprovals } from "@nofx/control/approvals";
import { getRun } from "@nofx/control/runs";
import { again, createTestPlane, type TestPlane } from "@nofx/control/testing";
import { NofxError } from "@nofx/core/errors";
import { afterAll, beforeAll, describe, expect, test } from "vitest";

let t: TestPlane;
beforeAll(async () => {
  t = await createTestPlane();
});
afterAll(() => t[Symbol.asyncDispose]());

const DEMO = new URL("../../examples/release-train/backlog.yaml", import.meta.url);

async function refusal(promise: Promise<unknown>): Promise<NofxError> {
  try {
    await promise;
  } catch (error) {
    if (NofxError.is(error)) return error;
    throw error;
  }
  throw new Error("was not refused");
}

const shell = (id: string, needs: unknown[] = [], more: Record<string, unknown> = {}) => ({
  id,
  title: id,
  kind: "shell",
  with: { command: ["true"] },
  needs,
  owner: "team",
  ...more,
});
const pack = (name: string, items: unknown[]) => ({ version: 1, pack: name, items });

describe("the demo backlog", () => {
  test("is imported, planned, judged with exactly one warn, approved and executed", async () => {
    const tenant = await t.tenant();
    const operator = await tenant.as("operator");
    const supervisor = await tenant.as("supervisor");
    const imported = await importBacklog(operator, { text: await readFile(DEMO, "utf8") });
    expect(imported.created).toBe(imported.items);

    const plan = await createPlan(again(operator), { pack: imported.pack });
    expect(plan).toMatchObject({ status: "ready", verdict: "warn", version: 1, executable: false });
    expect(
      plan.evaluations.flatMap((one) => one.findings).filter((one) => one.verdict === "warn"),
    ).toHaveLength(1);
    expect(plan.stepList).toHaveLength(imported.items);
    expect((await refusal(executePlan(again(operator), { planId: plan.id }))).code).toBe(
      "plan_not_ready",
    );

    const inbox = await listApprovals(supervisor, {});
    expect(inbox.items.map((one) => one.subject).toSorted()).toEqual(["plan", "plan_step"]);
    const about = inbox.items.find((one) => one.subject === "plan");
    const decided = await decideApproval(again(supervisor), {
      approvalId: about?.id ?? "",
      decision: "approve",
      ...(about === undefined ? {} : { argumentsDigest: about.argumentsDigest }),
    });
    expect(decided.status).toBe("approved");

    const { runId, steps } = await executePlan(again(operator), { planId: plan.id });
    expect(steps).toBe(imported.items);
    const run = await getRun(operator, { runId });
    expect(run).toMatchObject({ status: "queued", steps, stepsDone: 0, pendingApprovals: 1 });
    const publish = run.stepList.find((step) => step.sensitive);
    expect(publish?.holds).toContain("approval");
    const free = run.stepList
      .filter((step) => step.holds.length === 0)
      .map((step) => step.needs.length);
    expect(free.length).toBeGreaterThanOrEqual(2);
    expect(new Set(free)).toEqual(new Set([0]));
  });
});

describe("a plan", () => {
  test("keeps the token of what did not change and supersedes the older version", async () => {
    const tenant = await t.tenant();
    const operator = await tenant.as("operator");
    await importBacklog(operator, { document: pack("tokens", [shell("a"), shell("b", ["a"])]) });
    const first = await createPlan(again(operator), { pack: "tokens" });
    const changed = shell("b", ["a"], { with: { command: ["false"] } });
    const again2 = await importBacklog(again(operator), {
      document: pack("tokens", [shell("a"), changed]),
    });
    expect(again2).toMatchObject({ created: 0, updated: 1, unchanged: 1 });
    const look = { document: pack("tokens", [shell("a"), shell("b"), shell("c")]), dryRun: true };
    expect(await importBacklog(again(operator), look)).toMatchObject({
      created: 1,
      updated: 1,
      unchanged: 1,
    });
    expect((await listBacklog(operator, {})).total).toBe(2);
    const second = await createPlan(again(operator), { pack: "tokens" });
    const tokens = (plan: typeof first) => plan.stepList.map((step) => step.token);
    expect(second.version).toBe(2);
    expect(tokens(second)[0]).toBe(tokens(first)[0]);
    expect(tokens(second)[1]).not.toBe(tokens(first)[1]);
    expect((await getPlan(operator, { planId: first.id })).status).toBe("superseded");
    expect((await refusal(executePlan(again(operator), { planId: first.id }))).code).toBe(
      "plan_changed",
    );
  });

  test("is blocked where the tenant allows no shell, and says what to do", async () => {
    const tenant = await t.tenant({ shell: "off" });
    const operator = await tenant.as("operator");
    await importBacklog(operator, { document: pack("blocked", [shell("a")]) });
    const plan = await createPlan(again(operator), { pack: "blocked" });
    expect(plan).toMatchObject({ status: "blocked", verdict: "block" });
    const gates = await getGates(operator, { planId: plan.id });
    expect(gates).toMatchObject({ verdict: "block", current: true });
    const block = gates.gates
      .flatMap((gate) => gate.findings)
      .find((one) => one.verdict === "block");
    expect(block?.tip).toMatch(/shell/);
    expect((await refusal(executePlan(again(operator), { planId: plan.id }))).code).toBe(
      "plan_blocked",
    );
  });

  test("whose stored steps were changed behind its back does not run", async () => {
    const tenant = await t.tenant();
    const operator = await tenant.as("operator");
    await importBacklog(operator, { document: pack("changed", [shell("a")]) });
    const plan = await createPlan(again(operator), { pack: "changed" });
    await t.owner.query(
      `update plan_steps set arguments = '{"command": ["rm"]}' where token = $1`,
      [plan.stepList[0]?.token],
    );
    expect((await refusal(executePlan(again(operator), { planId: plan.id }))).code).toBe(
      "plan_changed",
    );
  });

  test("of some items takes along what they need", async () => {
    const tenant = await t.tenant();
    const operator = await tenant.as("operator");
    const items = [shell("a"), shell("b", ["a"]), shell("c"), shell("d", ["b"])];
    await importBacklog(operator, { document: pack("part", items) });
    const plan = await createPlan(again(operator), { pack: "part", items: ["d"] });
    expect(plan.stepList.map((step) => step.name)).toEqual(["a", "b", "d"]);
    const unknown = await refusal(createPlan(again(operator), { pack: "part", items: ["x", "a"] }));
    expect(unknown.issues.map((issue) => issue.item)).toEqual(["x"]);
  });

  test("is executed once at a time, and asks again for a sensitive step of the next run", async () => {
    const tenant = await t.tenant();
    const operator = await tenant.as("operator");
    const supervisor = await tenant.as("supervisor");
    await importBacklog(operator, {
      document: pack("twice", [shell("a", [], { sensitive: true })]),
    });
    const plan = await createPlan(again(operator), { pack: "twice" });
    const pending = async () => (await listApprovals(supervisor, {})).items;
    const [first] = await pending();
    await decideApproval(again(supervisor), { approvalId: first?.id ?? "", decision: "approve" });
    const { runId } = await executePlan(again(operator), { planId: plan.id });
    expect((await getRun(operator, { runId })).stepList[0]?.holds).toEqual([]);
    expect((await refusal(executePlan(again(operator), { planId: plan.id }))).code).toBe(
      "conflict",
    );
    await t.owner.query(
      `update steps set status = 'succeeded', finalised_at = now() where status = 'queued' and tenant_id = $1`,
      [tenant.id],
    );
    await t.owner.query(
      `update runs set status = 'succeeded', steps_left = 0, finished_at = now() where tenant_id = $1`,
      [tenant.id],
    );
    expect(await pending()).toEqual([]);
    const next = await executePlan(again(operator), { planId: plan.id });
    expect((await getRun(operator, { runId: next.runId })).stepList[0]?.holds).toEqual([
      "approval",
    ]);
    expect(await pending()).toHaveLength(1);
  });
});

describe("what a plan will take", () => {
  const hours = { command: ["true"], timeoutSeconds: 86_400 };
  const chain = [
    shell("slow", [], { estimateMinutes: 60, with: hours }),
    shell("quick", [], { estimateMinutes: 1 }),
    shell("last", ["slow", { item: "quick", lagSeconds: 600 }], { estimateMinutes: 10 }),
  ];

  test("is forecast without a trace, and then stored with it: times, critical path, odds, cost", async () => {
    const tenant = await t.tenant();
    const operator = await tenant.as("operator");
    await importBacklog(operator, { document: pack("foreseen", chain) });
    const rows = async () => {
      const counts = [
        "plans",
        "plan_steps",
        "approvals",
        "events",
        "audit_log",
        "idempotency_keys",
      ];
      const { rows: found } = await t.owner.query(
        `select ${counts.map((table) => `(select count(*) from ${table} where tenant_id = $1) as ${table}`).join(", ")}`,
        [tenant.id],
      );
      return found[0] as unknown;
    };
    const before = await rows();
    const forecast = await forecastPlan(operator, { pack: "foreseen" });
    expect(await rows()).toEqual(before);
    expect(forecast).toMatchObject({
      steps: 4,
      verdict: "allow",
      timetable: { makespanSeconds: 4_200, lowerBoundSeconds: 4_200 },
      forecast: { approvals: 0, costUsd: { p90: 0 }, measuredSteps: 0 },
    });

    const plan = await createPlan(again(operator), { pack: "foreseen" });
    expect(plan.timetable).toEqual(forecast.timetable);
    expect(plan.forecast).toEqual(forecast.forecast);
    const times = new Map(plan.stepList.map((step) => [step.name, step]));
    expect(times.get("last")).toMatchObject({
      startSeconds: 3_600,
      critical: true,
      slackSeconds: 0,
    });
    expect(times.get("slow")?.critical).toBe(true);
    expect(times.get("last.lag")).toMatchObject({ kind: "wait", critical: false });
    expect(times.get("quick")?.slackSeconds).toBeGreaterThan(0);
  });

  test("is compared between versions: added, removed, changed, re-estimated", async () => {
    const tenant = await t.tenant();
    const operator = await tenant.as("operator");
    await importBacklog(operator, { document: pack("versions", chain) });
    const from = await createPlan(again(operator), { pack: "versions" });
    const longer = shell("slow", [], { estimateMinutes: 120, with: hours });
    const other = shell("quick", [], { estimateMinutes: 1, priority: 1 });
    await importBacklog(again(operator), {
      document: pack("versions", [longer, other, shell("new")]),
    });
    const items = ["slow", "quick", "new"];
    const to = await createPlan(again(operator), { pack: "versions", items });
    expect(to.parentId).toBe(from.id);
    const diff = await diffPlans(operator, { from: from.id, to: to.id });
    expect(diff).toMatchObject({
      added: [{ name: "new" }],
      moved: [{ name: "quick" }],
      reestimated: [{ name: "slow", fromMs: 3_600_000, toMs: 7_200_000 }],
      changed: [{ name: "quick", fields: ["priority"] }],
    });
    expect(diff.removed.map(({ name }) => name).toSorted()).toEqual(["last", "last.lag"]);
    const back = await diffPlans(operator, { from: to.id, to: from.id });
    expect(back.removed.map(({ name }) => name)).toEqual(["new"]);
  });

  test("is not compared over two packs, nor with a plan of another tenant", async () => {
    const operators = [
      await (await t.tenant()).as("operator"),
      await (await t.tenant()).as("operator"),
    ];
    const planOf = async (operator: (typeof operators)[number], name: string) => {
      await importBacklog(again(operator), { document: pack(name, [shell("a")]) });
      return (await createPlan(again(operator), { pack: name })).id;
    };
    const [own, foreign] = operators as [(typeof operators)[number], (typeof operators)[number]];
    const [one, two, theirs] = [
      await planOf(own, "one"),
      await planOf(own, "two"),
      await planOf(foreign, "one"),
    ];
    expect((await refusal(diffPlans(own, { from: one, to: two }))).code).toBe("invalid_input");
    expect((await refusal(diffPlans(own, { from: one, to: theirs }))).code).toBe("not_found");
  });
});

describe("bad input", () => {
  test.each<[string, unknown[], RegExp, string[]]>([
    [
      "a cycle",
      [shell("a", ["c"]), shell("b", ["a"]), shell("c", ["b"]), shell("d")],
      /a -> .* -> a/,
      ["a"],
    ],
    ["a missing dependency", [shell("a", ["nowhere"]), shell("b")], /nowhere/, ["a"]],
    ["duplicate ids", [shell("a"), shell("b"), shell("a")], /duplicate/, ["a"]],
    ["an unknown kind", [{ ...shell("a"), kind: "magic" }, shell("b")], /magic/, ["a"]],
    ["a NUL", [shell("a", [], { title: "x\u0000y" })], /NUL/, ["a"]],
    ["a lone surrogate", [shell("a", [], { with: { command: ["\ud800"] } })], /surrogate/, ["a"]],
    [
      "several at once",
      [shell("a", ["x"]), { ...shell("b"), kind: "y" }, shell("c", ["c"])],
      /./,
      ["a", "b", "c"],
    ],
  ])(
    "%s is refused naming every offending item, and nothing is written",
    async (_name, items, message, named) => {
      const tenant = await t.tenant();
      const operator = await tenant.as("operator");
      const error = await refusal(importBacklog(operator, { document: pack("bad", items) }));
      expect(error.code).toBe("backlog_invalid");
      expect(error.status).toBe(422);
      expect([...new Set(error.issues.map((issue) => issue.item))]).toEqual(named);
      expect(error.issues.map((issue) => issue.message).join("\n")).toMatch(message);
      expect((await listPacks(operator)).items).toEqual([]);
      expect(
        (await t.owner.query("select 1 from idempotency_keys where tenant_id = $1", [tenant.id]))
          .rowCount,
      ).toBe(0);
    },
  );

  test.each([
    ["rubbish", Buffer.alloc(3_000_000, "x{: ]").toString(), "invalid_json"],
    ["broken JSON", '{"version": 1,', "invalid_json"],
    ["broken YAML", "items:\n  - id: a\n   title: [", "invalid_json"],
    ["NUL in the text", '{"pack": "a\u0000"}', "invalid_json"],
    ["a list", "[1, 2]", "document_unreadable"],
    [
      "an alias bomb",
      `a: &a [x,x,x,x,x,x,x,x,x]\nb: &b [*a,*a,*a,*a,*a,*a,*a,*a,*a]\nc: &c [*b,*b,*b,*b,*b,*b,*b,*b,*b]\nd: [*c,*c,*c,*c,*c,*c]`,
      "invalid_json",
    ],
  ])("%s is refused in a sentence", async (_name, text, code) => {
    const tenant = await t.tenant();
    const error = await refusal(importBacklog(await tenant.as("operator"), { text }));
    expect(error.code).toBe(code);
    expect(
      [error.detail, ...error.issues.map((issue) => issue.message)].join(" ").length,
    ).toBeLessThan(2_000);
  });

  test("a viewer may not import, and is told who may", async () => {
    const tenant = await t.tenant();
    const error = await refusal(
      importBacklog(await tenant.as("viewer"), { document: pack("x", [shell("a")]) }),
    );
    expect(error.code).toBe("forbidden");
    expect(error.detail).toContain("operator");
  });
});

describe("size", () => {
  test("10,000 items with 30,000 dependencies are imported, planned and executed", async () => {
    const tenant = await t.tenant();
    const operator = await tenant.as("operator");
    const items = Array.from({ length: 10_000 }, (_, i) =>
      shell(
        `item-${i}`,
        [1, 7, 31]
          .map((back) => i - back)
          .filter((j) => j >= 0)
          .map((j) => `item-${j}`),
      ),
    );
    expect((await importBacklog(operator, { document: pack("large", items) })).created).toBe(
      10_000,
    );
    const plan = await createPlan(again(operator), { pack: "large" });
    expect(plan).toMatchObject({ steps: 10_000, verdict: "allow", status: "approved" });
    const page = await listPlanSteps(operator, { planId: plan.id, limit: 200 });
    expect(page.items).toHaveLength(200);
    expect(page.total).toBe(10_000);
    expect((await executePlan(again(operator), { planId: plan.id })).steps).toBe(10_000);
    const list = await listBacklog(operator, { limit: 200 });
    expect(list.items.every((item) => item.state === "waiting")).toBe(true);
    const next = await listBacklog(operator, { limit: 200, cursor: list.nextCursor ?? "" });
    expect(next.items[0]?.key).toBe("item-200");
    expect((await listPlans(operator, {})).items[0]?.steps).toBe(10_000);
  }, 60_000);
});
