import { listApprovals } from "@nofx/control/approvals";
import { cancelRun, cancelStep } from "@nofx/control/runs";
import { again, type TestTenant } from "@nofx/control/testing";
import type { MemberContext } from "@nofx/control/command";
import { toUuid } from "@nofx/core/vocabulary";
import { wait } from "@nofx/db/leases";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { refusal, shellItem } from "../fixtures.ts";
import { ended, retry, startControl, statuses, undoable, type ControlPlane } from "./harness.ts";

const ROUNDS = process.env["PROVE"] === "1" ? 200 : 10;

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

const chain = () => [shellItem("a"), shellItem("b", { needs: ["a"] })];
const cancel = (runId: string, more: { compensate?: boolean; reason?: string } = {}) =>
  cancelRun(again(operator), { runId, ...more });

test("what is queued ends at once, and so does the run", async () => {
  const run = await control.run(operator, chain());
  expect(await cancel(run.id, { reason: "wrong branch" })).toMatchObject({ status: "cancelled" });
  const after = await control.view(operator, run.id);
  expect(statuses(after)).toEqual({ a: "cancelled", b: "cancelled" });
  expect(after.stepList[0]?.error).toEqual({
    code: "cancelled",
    message: "It was called off: wrong branch",
  });
  expect(await control.claim()).toEqual([]);
});

test("what is executed hears of it, is not tried again, and the run ends with it", async () => {
  const run = await control.run(operator, chain());
  const [step] = await control.claim();
  expect(await cancel(run.id)).toMatchObject({ status: "running" });
  expect(await control.renew(step!)).toMatchObject({ held: true, cancel_requested: true });
  await control.settle(retry(step!));
  const after = await control.view(operator, run.id);
  expect([after.status, statuses(after)]).toEqual([
    "cancelled",
    { a: "cancelled", b: "cancelled" },
  ]);
});

test("what succeeds before it hears of it has succeeded", async () => {
  const run = await control.run(operator, [shellItem("a"), shellItem("b", { needs: ["a"] })]);
  const [step] = await control.claim();
  await cancel(run.id);
  await control.settle(ended(step!, "ok"));
  const after = await control.view(operator, run.id);
  expect([after.status, statuses(after)]).toEqual([
    "cancelled",
    { a: "succeeded", b: "cancelled" },
  ]);
});

test("an executor that vanished after the cancel is not replaced", async () => {
  const run = await control.run(operator, [shellItem("a")]);
  await control.claim();
  await cancel(run.id);
  await control.lapse(run.id, "a");
  expect(await control.claim()).toEqual([]);
  expect((await control.view(operator, run.id)).status).toBe("cancelled");
});

test("questions and waits of a cancelled run are called off with it", async () => {
  const run = await control.run(operator, [
    shellItem("asks", { sensitive: true }),
    shellItem("waits"),
  ]);
  const [step] = await control.claim();
  await wait(control.worker, { stepId: step!.id, epoch: step!.epoch, tenantId: null }, "soon", [
    { option: "later", kind: "timer", seconds: 3_600 },
  ]);
  await cancel(run.id);
  expect((await control.view(operator, run.id)).status).toBe("cancelled");
  expect((await listApprovals(await tenant.as("supervisor"), {})).items).toEqual([]);
  const { rows } = await control.t.owner.query("select status from waits where run_id = $1", [
    toUuid("run", run.id),
  ]);
  expect(rows).toEqual([{ status: "cancelled" }]);
});

test("what was done is undone, unless that is not wanted", async () => {
  const items = () => [undoable("a"), shellItem("b", { needs: ["a"] })];
  for (const compensate of [true, false]) {
    const run = await control.run(operator, items());
    const [step] = await control.claim();
    await control.settle(ended(step!, "ok"));
    await cancel(run.id, { compensate });
    expect(await control.work()).toEqual(compensate ? ["undo.1.a"] : []);
    expect(await control.view(operator, run.id)).toMatchObject({
      status: "cancelled",
      compensation: compensate ? "done" : "none",
    });
  }
});

test("a run that is being undone goes on undoing, whoever cancels it", async () => {
  const run = await control.run(operator, [undoable("a"), shellItem("b", { needs: ["a"] })]);
  await control.settle(ended((await control.claim())[0]!, "ok"));
  await cancel(run.id);
  const [undo] = await control.claim();
  expect(await cancel(run.id)).toMatchObject({ status: "running", compensation: "running" });
  expect(await control.renew(undo!)).toMatchObject({ held: true, cancel_requested: false });
  const error = await refusal(cancelStep(again(operator), { runId: run.id, stepName: "undo.1.a" }));
  expect(error.code).toBe("conflict");
  await control.settle(ended(undo!, "ok"));
  expect(await control.view(operator, run.id)).toMatchObject({ compensation: "done" });
});

test("cancelling again changes nothing; what ended otherwise says so", async () => {
  const run = await control.run(operator, [shellItem("a")]);
  const ctx = again(operator);
  const first = await cancelRun(ctx, { runId: run.id });
  expect(await cancelRun(again(ctx, ctx.idempotencyKey), { runId: run.id })).toEqual(first);
  expect(await cancel(run.id)).toMatchObject({ status: "cancelled" });
  const { rows } = await control.t.owner.query(
    "select count(*)::int as n from audit_log where tenant_id = $1 and verb = 'run.cancelled'",
    [tenant.id],
  );
  expect(rows[0].n).toBe(1);

  const done = await control.run(operator, [shellItem("b")]);
  await control.work();
  expect((await refusal(cancel(done.id))).code).toBe("run_finished");
});

test("one step is called off with what needs it, and nothing else", async () => {
  const run = await control.run(operator, [...chain(), shellItem("c")]);
  const cancelled = await cancelStep(again(operator), { runId: run.id, stepName: "a" });
  expect(cancelled).toMatchObject({ stepName: "a", status: "cancelled" });
  expect(await control.work()).toEqual(["c"]);
  const after = await control.view(operator, run.id);
  expect([after.status, statuses(after)]).toEqual([
    "cancelled",
    { a: "cancelled", b: "cancelled", c: "succeeded" },
  ]);
});

test("a viewer may not", async () => {
  const run = await control.run(operator, [shellItem("a")]);
  const viewer = await tenant.as("viewer");
  expect((await refusal(cancelRun(viewer, { runId: run.id }))).code).toBe("forbidden");
});

test(`no step begins after the cancel is acknowledged (${ROUNDS} times, at any moment)`, async () => {
  let inTime = 0;
  for (let round = 0; round < ROUNDS; round++) {
    const items = Array.from({ length: 8 }, (_, i) =>
      undoable(`s${i}`, i < 2 ? {} : { needs: [`s${i - 2}`] }),
    );
    const run = await control.run(operator, items);
    let acknowledged = false;
    const late: string[] = [];
    const executor = async () => {
      for (;;) {
        const after = acknowledged;
        const [step] = await control.claim(1);
        if (step === undefined) {
          if (acknowledged) return;
          continue;
        }
        // runs that other tests left behind take turns with this one
        const ours = step.run_id === toUuid("run", run.id);
        if (after && ours && !step.name.startsWith("undo.")) late.push(step.name);
        await control.settle(ended(step, "ok"));
      }
    };
    const cancelling = (async () => {
      for (let i = 0; i < round % 8; i++) await control.view(operator, run.id);
      const result = await cancel(run.id).catch((error: { code: string }) => error.code);
      acknowledged = true;
      return result;
    })();
    await Promise.all([cancelling, executor(), executor()]);
    expect(late).toEqual([]);
    await control.work();
    const end = await control.view(operator, run.id);
    const cancelled = end.stepList.filter((step) => step.status === "cancelled").length;
    expect(end.status).toBe(cancelled > 0 ? "cancelled" : "succeeded");
    inTime += Math.min(cancelled, 1);
    // what was cancelled is undone whole, what succeeded is not undone at all
    const wanted = cancelled > 0 ? "undone" : "registered";
    expect(end.compensations.filter((one) => one.status !== wanted)).toEqual([]);
  }
  // cancels that all came too late would have proved nothing
  expect(inTime).toBeGreaterThan(0);
});
