import { decideApproval, listApprovals, putApprovalGroup } from "@nofx/control/approvals";
import { inTransaction, type MemberContext } from "@nofx/control/command";
import { setGateSettings, switchRule } from "@nofx/control/gates";
import { cancelRun, forkRun, rerunRun } from "@nofx/control/runs";
import { again, type TestTenant } from "@nofx/control/testing";
import { toUuid } from "@nofx/core/vocabulary";
import { beginArtifact, checkpoint, finishArtifact } from "@nofx/db/leases";
import { listArtifacts } from "@nofx/db/queries";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { refusal, shellItem } from "../fixtures.ts";
import { answer, ended, startControl, statuses, undoable, type ControlPlane } from "./harness.ts";

let control: ControlPlane;
let tenant: TestTenant;
let operator: MemberContext;
beforeAll(async () => {
  control = await startControl();
});
afterAll(() => control[Symbol.asyncDispose]());
beforeEach(async () => {
  tenant = await control.t.tenant();
  operator = await tenant.as("operator");
});

const failing = (name: string) => (step: { name: string }) =>
  step.name === name ? { code: "exit_nonzero" } : ("ok" as const);
const fork = (runId: string, from: string[], more: object = {}) =>
  forkRun(again(operator), { runId, from, ...more });

test("what does not depend on the chosen steps is kept with its output; the rest runs again", async () => {
  const run = await control.run(operator, [
    shellItem("a"),
    shellItem("b", { needs: ["a"] }),
    shellItem("c", { needs: ["b"] }),
    shellItem("beside"),
  ]);
  await control.work();
  const made = await fork(run.id, ["b"]);
  expect(made).toMatchObject({ steps: 4, kept: 2, pendingApprovals: 0 });
  const [step] = await control.claim();
  expect(step).toMatchObject({ name: "b", workspace_run: toUuid("run", run.id) });
  expect(step!.needs).toMatchObject([{ name: "a", status: "succeeded", output: { by: "a" } }]);
  await control.settle(ended(step!, "ok"));
  expect(await control.work()).toEqual(["c"]);
  const after = await control.view(operator, made.runId);
  expect(after).toMatchObject({ status: "succeeded", forkedFrom: run.id, stepsDone: 4 });
  const kept = after.stepList.find((one) => one.name === "a");
  expect(kept?.keptFrom?.runId).toBe(run.id);
  // a fork of a fork names the step that really ran
  const third = await control.view(operator, (await fork(made.runId, ["c"])).runId);
  expect(third.stepList.map((one) => one.keptFrom?.runId ?? null)).toEqual([
    run.id,
    made.runId,
    null,
    run.id,
  ]);
  await control.work();
});

test("files of kept steps are there for the steps that want them, and are shown with the new run", async () => {
  const inputs = [{ from: "a", artifact: "out.txt", to: "in.txt" }];
  const run = await control.run(operator, [
    shellItem("a", { with: { command: ["make"], artifacts: ["out.txt"] } }),
    shellItem("b", { needs: ["a"], with: { command: ["use"], inputs } }),
  ]);
  const [step] = await control.claim();
  const claim = { stepId: step!.id, epoch: step!.epoch, tenantId: null };
  const file = { name: "out.txt", contentType: "text/plain", size: 2, sha256: "0".repeat(64) };
  const { id } = await beginArtifact(control.worker, claim, file);
  await finishArtifact(control.worker, claim, id);
  await control.settle(ended(step!, "ok"));
  await control.work(() => ({ code: "exit_nonzero" }));
  const made = await fork(run.id, ["b"]);
  const [again_] = await control.claim();
  expect(again_!.inputs).toMatchObject([{ name: "out.txt", from: "a", to: "in.txt" }]);
  expect(again_!.needs[0]!.artifacts).toMatchObject([{ name: "out.txt" }]);
  const shown = await inTransaction(operator, (tx) =>
    listArtifacts(tx.db, { tenantId: tenant.id, runId: toUuid("run", made.runId) }),
  );
  expect(shown).toMatchObject([
    { name: "out.txt", step_name: "a", run_id: toUuid("run", made.runId) },
  ]);
  await control.settle(ended(again_!, "ok"));
});

test("what was undone is not kept, and neither is what was built on it; what is kept can be undone", async () => {
  const items = [
    undoable("a"),
    shellItem("b", { needs: ["a"] }),
    shellItem("beside"),
    shellItem("last", { needs: ["b", "beside"] }),
  ];
  const run = await control.run(operator, items);
  expect(await control.work(failing("last"))).toContain("undo.1.a");
  const made = await fork(run.id, ["last"]);
  expect(made.kept).toBe(1);
  expect((await control.work()).toSorted()).toEqual(["a", "b", "last"]);

  const next = await fork(made.runId, ["last"]);
  expect(next.kept).toBe(3);
  expect(await control.work(failing("last"))).toEqual(["last", "undo.1.a"]);
  expect(await control.view(operator, next.runId)).toMatchObject({
    status: "failed",
    compensation: "done",
  });
});

test("what another run took over and undid is not kept by a third", async () => {
  const items = [
    undoable("a"),
    shellItem("b", { needs: ["a"] }),
    shellItem("last", { needs: ["b"] }),
  ];
  const first = await control.run(operator, items);
  await control.work(failing("last"));
  const second = await fork(first.id, ["last"]);
  expect(await control.work()).toEqual(["a", "b", "last"]);
  const third = await fork(second.runId, ["last"]);
  expect(third.kept).toBe(2);
  expect(await control.work(failing("last"))).toEqual(["last", "undo.1.a"]);
  // the second run is what it was, but for the effect that the third has undone
  expect((await fork(second.runId, ["last"])).kept).toBe(0);
  await control.work();
});

test("checkpoints are kept when that is wanted, up to what was undone", async () => {
  const run = await control.run(operator, [shellItem("a")]);
  const [step] = await control.claim();
  const claim = { stepId: step!.id, epoch: step!.epoch, tenantId: null };
  const undo = { kind: "shell", with: { command: ["undo"] } };
  await checkpoint(control.worker, claim, "read", 1);
  await checkpoint(control.worker, claim, "written", 2, undo);
  await checkpoint(control.worker, claim, "told", 3);
  await control.settle(ended(step!, { code: "exit_nonzero" }));
  expect(await control.work()).toEqual(["undo.1.a"]);
  const made = await fork(run.id, ["a"], { keepCheckpoints: true });
  const [kept] = await control.claim();
  expect(kept!.checkpoints).toEqual([{ name: "read", value: 1 }]);
  await control.settle(ended(kept!, "ok"));
  await fork(made.runId, ["a"]);
  const [fresh] = await control.claim();
  expect(fresh!.checkpoints).toEqual([]);
  await control.settle(ended(fresh!, "ok"));
});

test("edited arguments run when somebody else has said yes to exactly them", async () => {
  const run = await control.run(operator, [shellItem("a"), shellItem("b", { needs: ["a"] })]);
  await control.work(failing("b"));
  const made = await fork(run.id, ["b"], { edits: { b: { command: ["fixed"] } } });
  expect(made.pendingApprovals).toBe(1);
  expect(await control.claim()).toEqual([]);
  const asker = await tenant.as("supervisor", operator.actor.id);
  const [question] = (await listApprovals(asker, {})).items;
  expect(question).toMatchObject({
    arguments: { step: "b", kind: "shell", with: { command: ["fixed"] } },
    canDecide: false,
    blocking: true,
  });
  await answer(tenant);
  const [step] = await control.claim();
  expect(step!.arguments).toMatchObject({ command: ["fixed"] });
  const old = (
    await control.t.owner.query("select token from steps where run_id = $1 and name = 'b'", [
      toUuid("run", run.id),
    ])
  ).rows[0];
  // another effect, under another key
  expect(step!.token).not.toBe(old.token);
  await control.settle(ended(step!, { code: "exit_nonzero" }));
  // the edit stays with the fork, and is asked about again
  const other = await tenant.as("operator");
  await forkRun(again(other), { runId: made.runId, from: ["b"] });
  const [anew] = (await listApprovals(asker, {})).items;
  // and whoever edited it stands behind it, whoever goes on with it
  expect(anew).toMatchObject({
    chain: [{ via: "started the run" }, { via: "edited step b for an earlier run" }],
    canDecide: false,
  });
});

test("a sensitive step that runs again is asked about again; one that is kept is not", async () => {
  const items = [shellItem("ship", { sensitive: true }), shellItem("after", { needs: ["ship"] })];
  const run = await control.run(operator, items);
  await answer(tenant);
  await control.work();
  const kept = await fork(run.id, ["after"]);
  expect(kept).toMatchObject({ kept: 1, pendingApprovals: 0 });
  await control.work();
  const anew = await rerunRun(again(operator), { runId: run.id });
  expect(anew).toMatchObject({ kept: 0, pendingApprovals: 1 });
  await answer(tenant, "reject");
  expect(statuses(await control.view(operator, anew.runId))).toEqual({
    ship: "failed",
    after: "cancelled",
  });
});

test("what runs again asks the groups that labels require, about what runs, on record", async () => {
  const admin = await tenant.as("admin");
  const officer = await tenant.as("supervisor");
  await putApprovalGroup(again(admin), { name: "privacy", members: [officer.actor.id] });
  await setGateSettings(again(admin), { compliance: { approvers: { "data:*": "privacy" } } });
  const labels = ["data:personal"];
  const items = [shellItem("ship", { sensitive: true, labels }), shellItem("after")];
  const run = await control.run(operator, items);
  const [first] = (await listApprovals(officer, {})).items;
  const decided = await decideApproval(again(officer), {
    approvalId: first?.id ?? "",
    decision: "approve_with_changes",
    arguments: { ...first?.arguments, with: { command: ["edited"] } },
  });
  await control.work();
  const kept = await fork(run.id, ["after"]);
  await control.work();
  await rerunRun(again(operator), { runId: kept.runId });
  const [question] = (await listApprovals(officer, {})).items;
  expect(question).toMatchObject({
    rule: { groups: [{ group: "privacy", k: 1 }] },
    why: expect.stringMatching(/privacy has to approve it, because of its label data:personal/),
    arguments: { with: { command: ["edited"] } },
    argumentsDigest: decided.argumentsDigest,
  });
  expect(decided.argumentsDigest).not.toBe(first?.argumentsDigest);
  const { rows } = await control.t.owner.query(
    "select body::jsonb ->> 'arguments_digest' as digest from audit_log where verb = 'approval.requested' and body::jsonb ->> 'approval_id' = $1",
    [toUuid("approval", question?.id ?? ("" as never))],
  );
  expect(rows).toEqual([{ digest: decided.argumentsDigest }]);
});

test("a rerun starts from nothing, in a workspace of its own", async () => {
  const run = await control.run(operator, [shellItem("a")]);
  await control.work();
  const made = await rerunRun(again(operator), { runId: run.id });
  const [step] = await control.claim();
  expect(step).toMatchObject({ name: "a", workspace_run: toUuid("run", made.runId) });
  await control.settle(ended(step!, "ok"));
});

test("what is going is not forked, nor what another run goes on with, and edits are checked", async () => {
  const run = await control.run(operator, [shellItem("a"), shellItem("b", { needs: ["a"] })]);
  expect((await refusal(fork(run.id, ["a"]))).code).toBe("conflict");
  expect((await refusal(rerunRun(again(operator), { runId: run.id }))).code).toBe("conflict");
  await control.work();
  const ctx = again(operator);
  const made = await forkRun(ctx, { runId: run.id, from: ["b"] });
  expect(await forkRun(again(ctx, ctx.idempotencyKey), { runId: run.id, from: ["b"] })).toEqual(
    made,
  );
  const busy = await refusal(fork(run.id, ["b"]));
  expect(busy).toMatchObject({ code: "conflict", data: { runId: made.runId } });
  await cancelRun(again(operator), { runId: made.runId });

  const secret = `AKIA${"ABCDEFGH".repeat(2)}`;
  const wrong: [object, string][] = [
    [{ from: ["nobody"] }, "/from/0"],
    [{ edits: { b: { command: [] } } }, "/edits/b/command"],
    [{ edits: { b: { command: ["x"], surprise: 1 } } }, "/edits/b"],
    [{ edits: { b: { command: ["push", secret] } } }, "/edits/b/command/1"],
    [
      { edits: { a: { command: ["x"], inputs: [{ from: "b", artifact: "f", to: "f" }] } } },
      "/edits/a/inputs/0/from",
    ],
  ];
  for (const [more, path] of wrong) {
    const error = await refusal(fork(run.id, ["b"], more));
    expect(error).toMatchObject({ code: "invalid_input", issues: [{ path }] });
  }
});

test("what runs again is judged as it would be for the first time: by the rules and windows of now", async () => {
  const run = await control.run(operator, [
    shellItem("a"),
    shellItem("deploy", { sensitive: true, risk: ["production"] }),
  ]);
  await cancelRun(again(operator), { runId: run.id, reason: "later" });
  await control.work();
  const admin = await tenant.as("admin");
  const compliance = { changeWindows: { timeZone: "UTC", windows: [] } };
  await setGateSettings(again(admin), { compliance });
  const closed = { code: "plan_blocked", data: { rule: "change_window" } };
  expect(await refusal(rerunRun(again(operator), { runId: run.id }))).toMatchObject(closed);
  expect(await refusal(fork(run.id, ["a"]))).toMatchObject(closed);
  await setGateSettings(again(admin), {});
  await switchRule(again(admin), { name: "fan_out", enabled: false });
  const anew = await refusal(rerunRun(again(operator), { runId: run.id }));
  expect(anew.code).toBe("verdict_void");
});
