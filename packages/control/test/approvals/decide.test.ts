import { decideApproval, getApproval, listApprovals } from "@nofx/control/approvals";
import { importBacklog } from "@nofx/control/backlog";
import { createPlan, executePlan, getPlan } from "@nofx/control/plans";
import { getRun } from "@nofx/control/runs";
import { again, createTestPlane, type TestPlane } from "@nofx/control/testing";
import type { MemberContext } from "@nofx/control/command";
import { until } from "@nofx/db/testing";
import { afterAll, beforeAll, expect, test } from "vitest";
import { backlog, refusal, shellItem } from "../fixtures.ts";

let t: TestPlane;
beforeAll(async () => {
  t = await createTestPlane();
});
afterAll(() => t[Symbol.asyncDispose]());

/** A plan whose only step waits for people, its run, and the question about it. */
async function waiting() {
  const tenant = await t.tenant();
  const operator = await tenant.as("operator");
  const supervisor = await tenant.as("supervisor");
  const items = [shellItem("ship", { sensitive: true }), shellItem("after", { needs: ["ship"] })];
  await importBacklog(operator, backlog("p", items));
  const plan = await createPlan(again(operator), { pack: "p" });
  const { runId } = await executePlan(again(operator), { planId: plan.id });
  const [approval] = (await listApprovals(supervisor, {})).items;
  if (approval === undefined) throw new Error("no approval was opened");
  return { tenant, operator, supervisor, plan, runId, approval };
}

const decide = (
  ctx: MemberContext,
  approvalId: string,
  more: { decision?: "approve" | "reject"; reason?: string; argumentsDigest?: string } = {},
) => decideApproval(again(ctx), { approvalId, decision: "approve", ...more });

test("a yes lets exactly this step go", async () => {
  const { operator, supervisor, runId, approval } = await waiting();
  expect(approval).toMatchObject({ blocking: true, canDecide: true, stepName: "ship" });
  expect(approval.arguments).toMatchObject({
    step: "ship",
    kind: "shell",
    with: { command: ["true"] },
  });
  await decide(supervisor, approval.id, { argumentsDigest: approval.argumentsDigest });
  const run = await getRun(operator, { runId });
  expect(run.stepList.map((step) => step.holds)).toEqual([[], ["dependency"]]);
});

test("a no fails the step, cancels what needs it and ends the run", async () => {
  const { operator, supervisor, runId, approval } = await waiting();
  await decide(supervisor, approval.id, { decision: "reject", reason: "not today" });
  const run = await getRun(operator, { runId });
  expect(run.status).toBe("failed");
  expect(run.stepList.map((step) => [step.status, step.error?.code])).toEqual([
    ["failed", "approval_rejected"],
    ["cancelled", "dependency_failed"],
  ]);
  const after = await getApproval(supervisor, { approvalId: approval.id });
  expect(after.decisions).toMatchObject([{ decision: "reject", reason: "not today" }]);
});

test("a no needs a reason", async () => {
  const { supervisor, approval } = await waiting();
  const error = await refusal(
    decide(supervisor, approval.id, { decision: "reject", reason: "  " }),
  );
  expect(error.issues[0]?.path).toBe("/reason");
});

test("who asked may not answer, and an operator may not either", async () => {
  const { tenant, operator, approval } = await waiting();
  const asker = await tenant.as("supervisor", operator.actor.id);
  expect((await refusal(decide(asker, approval.id))).code).toBe("approval_self");
  expect((await getApproval(asker, { approvalId: approval.id })).cannotDecideBecause).toMatch(
    /yourself/,
  );
  expect((await refusal(decide(operator, approval.id))).code).toBe("forbidden");
});

test("an answer to something else than was shown is refused", async () => {
  const { supervisor, approval } = await waiting();
  const error = await refusal(decide(supervisor, approval.id, { argumentsDigest: "other" }));
  expect(error.code).toBe("plan_changed");
});

test("of decisions at once one wins, the others are told the final state", async () => {
  const { tenant, approval } = await waiting();
  const people = await Promise.all(Array.from({ length: 6 }, () => tenant.as("supervisor")));
  const answers = await Promise.allSettled(
    people.map((person, i) =>
      decide(person, approval.id, i % 2 === 0 ? {} : { decision: "reject", reason: "no" }),
    ),
  );
  const won = answers.flatMap((answer) => (answer.status === "fulfilled" ? [answer.value] : []));
  expect(won).toHaveLength(1);
  for (const answer of answers) {
    if (answer.status === "fulfilled") continue;
    expect(answer.reason).toMatchObject({
      code: "approval_closed",
      data: { status: won[0]?.status },
    });
  }
});

test("a yes after its time has run out does not count, and ends the question before the sweep comes by", async () => {
  const { operator, supervisor, runId, approval } = await waiting();
  await t.owner.query("update approvals set expires_at = clock_timestamp() where tenant_id = $1", [
    supervisor.tenantId,
  ]);
  expect(await refusal(decide(supervisor, approval.id))).toMatchObject({
    code: "approval_closed",
    data: { status: "expired" },
  });
  const run = await getRun(operator, { runId });
  expect(run.stepList[0]).toMatchObject({
    status: "failed",
    error: { code: "approval_expired" },
  });
});

test("a plan whose warn is refused is cancelled and cannot be executed", async () => {
  const tenant = await t.tenant();
  const operator = await tenant.as("operator");
  const supervisor = await tenant.as("supervisor");
  await importBacklog(operator, backlog("p", [shellItem("a", { risk: ["irreversible"] })]));
  const plan = await createPlan(again(operator), { pack: "p" });
  expect(plan.verdict).toBe("warn");
  const [approval] = (await listApprovals(supervisor, {})).items;
  await decide(supervisor, approval?.id ?? "", { decision: "reject", reason: "write an undo" });
  expect((await getPlan(operator, { planId: plan.id })).status).toBe("cancelled");
  const error = await refusal(executePlan(again(operator), { planId: plan.id }));
  expect(error.code).toBe("plan_changed");
});

test("every decision is in the audit log, chained", async () => {
  const { supervisor, tenant, approval } = await waiting();
  await decide(supervisor, approval.id);
  const { rows } = await t.owner.query<{
    seq: number;
    verb: string;
    prev_hash: string;
    hash: string;
  }>("select seq::int, verb, prev_hash, hash from audit_log where tenant_id = $1 order by seq", [
    tenant.id,
  ]);
  expect(rows.map((row) => row.verb).filter((verb) => verb !== "snapshot.taken")).toEqual([
    "backlog.imported",
    "plan.created",
    "verdict.given",
    "run.started",
    "approval.decided",
  ]);
  rows.forEach((row, i) => {
    expect(row.seq).toBe(i + 1);
    expect(row.prev_hash).toBe(rows[i - 1]?.hash ?? "0".repeat(64));
  });
});

test("an answer that comes while the run starts is seen by the run: nothing waits for ever", async () => {
  const tenant = await t.tenant();
  const operator = await tenant.as("operator");
  const supervisor = await tenant.as("supervisor");
  await importBacklog(operator, backlog("p", [shellItem("ship", { sensitive: true })]));
  const plan = await createPlan(again(operator), { pack: "p" });
  const [approval] = (await listApprovals(supervisor, {})).items;
  const holder = await t.owner.connect();
  try {
    // the answer is written, but not committed yet
    await holder.query("begin");
    await holder.query(
      "update approvals set status = 'rejected', decided_at = now() where tenant_id = $1",
      [tenant.id],
    );
    const starting = refusal(executePlan(again(operator), { planId: plan.id }));
    await until("the start waits for the answer", async () => {
      const { rowCount } = await t.owner.query(
        "select 1 from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock' and query like '%from approvals%'",
      );
      return (rowCount ?? 0) > 0;
    });
    await holder.query("commit");
    expect((await starting).code).toBe("approval_required");
  } finally {
    holder.release();
  }
  expect(approval?.status).toBe("pending");
});

test("a question about a step that will never run is closed, and the feed says so", async () => {
  const tenant = await t.tenant();
  const operator = await tenant.as("operator");
  const supervisor = await tenant.as("supervisor");
  const items = [
    shellItem("first", { sensitive: true }),
    shellItem("second", { sensitive: true, needs: ["first"] }),
  ];
  await importBacklog(operator, backlog("p", items));
  const plan = await createPlan(again(operator), { pack: "p" });
  await executePlan(again(operator), { planId: plan.id });
  const open = (await listApprovals(supervisor, {})).items;
  const first = open.find((one) => one.stepName === "first");
  await decide(supervisor, first?.id ?? "", { decision: "reject", reason: "no" });
  expect((await listApprovals(supervisor, {})).items).toEqual([]);
  const { rows } = await t.owner.query(
    "select payload ->> 'status' as status from events where tenant_id = $1 and type = 'approval.decided' order by status",
    [tenant.id],
  );
  expect(rows.map((row) => row.status)).toEqual(["cancelled", "rejected"]);
});
