import type { MemberContext } from "@nofx/control/command";
import { cancelRun, pauseRun, resumeRun } from "@nofx/control/runs";
import { again } from "@nofx/control/testing";
import { spawn, wait, wakeTimers } from "@nofx/db/leases";
import { until } from "@nofx/db/testing";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { refusal, shellItem } from "../fixtures.ts";
import { ended, retry, startControl, undoable, type ControlPlane } from "./harness.ts";

let control: ControlPlane;
let operator: MemberContext;
beforeAll(async () => {
  control = await startControl();
});
afterAll(() => control[Symbol.asyncDispose]());
beforeEach(async () => {
  operator = await (await control.t.tenant()).as("operator");
});

const pause = (runId: string) => pauseRun(again(operator), { runId });
const resume = (runId: string) => resumeRun(again(operator), { runId });

test("nothing begins while a run is paused, and everything goes on after", async () => {
  const run = await control.run(operator, [shellItem("a"), shellItem("b", { needs: ["a"] })]);
  expect((await pause(run.id)).pausedAt).not.toBeNull();
  expect(await control.work()).toEqual([]);
  const [first] = (await control.view(operator, run.id)).stepList;
  expect(first).toMatchObject({ holds: ["paused"], waitingFor: "Paused." });
  expect((await resume(run.id)).pausedAt).toBeNull();
  expect(await control.work()).toEqual(["a", "b"]);
  expect((await control.view(operator, run.id)).status).toBe("succeeded");
});

test("what is executed is let finish; what it frees or asks for again waits", async () => {
  const run = await control.run(operator, [
    shellItem("a"),
    shellItem("b", { needs: ["a"] }),
    shellItem("c"),
  ]);
  const claimed = await control.claim();
  const step = (name: string) => claimed.find((one) => one.name === name)!;
  await pause(run.id);
  await control.settle(ended(step("a"), "ok"));
  await control.settle(retry(step("c")));
  expect(await control.claim()).toEqual([]);
  await resume(run.id);
  expect((await control.work()).toSorted()).toEqual(["b", "c"]);
});

test("children that a paused run's step spawns wait too", async () => {
  const run = await control.run(operator, [shellItem("parent")]);
  const [parent] = await control.claim();
  const claim = { stepId: parent!.id, epoch: parent!.epoch, tenantId: null };
  const child = (name: string) => ({
    name,
    title: name,
    kind: "shell" as const,
    executor: "worker" as const,
    arguments: { command: [":"] },
  });
  await spawn(control.worker, claim, [child("before")]);
  await pause(run.id);
  await spawn(control.worker, claim, [child("after")]);
  await wait(control.worker, claim, "all", [{ option: "done", kind: "children" }]);
  expect(await control.claim()).toEqual([]);
  await resume(run.id);
  expect(await control.work()).toEqual(["parent.before", "parent.after", "parent"]);
});

test("a timer that fires in a paused run frees nothing before it is resumed", async () => {
  const run = await control.run(operator, [shellItem("a")]);
  const [step] = await control.claim();
  const claim = { stepId: step!.id, epoch: step!.epoch, tenantId: null };
  await wait(control.worker, claim, "soon", [{ option: "now", kind: "timer", seconds: 0.3 }]);
  await pause(run.id);
  await until("the timer fires", async () => (await wakeTimers(control.worker, 10)).woken > 0);
  expect(await control.claim()).toEqual([]);
  await resume(run.id);
  expect(await control.work()).toEqual(["a"]);
});

test("undoing stands still with its run, whether it was paused before or during it", async () => {
  const items = () => [
    undoable("a"),
    undoable("b", { needs: ["a"] }),
    shellItem("c", { needs: ["b"] }),
  ];
  for (const when of ["before", "during"]) {
    const run = await control.run(operator, items());
    for (const _ of ["a", "b"]) await control.settle(ended((await control.claim())[0]!, "ok"));
    if (when === "before") await pause(run.id);
    await cancelRun(again(operator), { runId: run.id });
    if (when === "during") await pause(run.id);
    expect(await control.claim()).toEqual([]);
    expect(await control.view(operator, run.id)).toMatchObject({ compensation: "running" });
    await resume(run.id);
    expect(await control.work()).toEqual(["undo.1.b", "undo.2.a"]);
    expect(await control.view(operator, run.id)).toMatchObject({
      status: "cancelled",
      compensation: "done",
    });
  }
});

test("the time that it stood still does not count against a step's deadline", async () => {
  const run = await control.run(operator, [shellItem("a")]);
  const [step] = await control.claim();
  await control.settle(retry(step!));
  await pause(run.id);
  const before = (await control.view(operator, run.id)).stepList[0]!.deadlineAt!;
  await control.t.owner.query(
    "update runs set paused_at = paused_at - interval '1 hour' where paused_at is not null",
  );
  await resume(run.id);
  const after = (await control.view(operator, run.id)).stepList[0]!.deadlineAt!;
  expect(Date.parse(after) - Date.parse(before)).toBeGreaterThanOrEqual(3_600_000);
});

test("pausing twice is pausing once; an ended run cannot be paused or resumed", async () => {
  const run = await control.run(operator, [shellItem("a")]);
  const first = await pause(run.id);
  expect((await pause(run.id)).pausedAt).toBe(first.pausedAt);
  await resume(run.id);
  expect((await resume(run.id)).pausedAt).toBeNull();
  await control.work();
  expect((await refusal(pause(run.id))).code).toBe("run_finished");
  expect((await refusal(resume(run.id))).code).toBe("run_finished");
  const { rows } = await control.t.owner.query(
    "select verb from audit_log where tenant_id = $1 and verb in ('run.paused', 'run.resumed') order by seq",
    [operator.tenantId],
  );
  expect(rows.map((row) => row.verb)).toEqual(["run.paused", "run.resumed"]);
});
