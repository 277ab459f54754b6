import { decideApproval, listApprovals } from "@nofx/control/approvals";
import { listDeadLetters, redriveDeadLetter } from "@nofx/control/dead-letters";
import { cancelRun, forkRun, getRun, listRuns, rerunRun } from "@nofx/control/runs";
import { submitTasks } from "@nofx/control/tasks";
import { again, type TestTenant } from "@nofx/control/testing";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import type { MemberContext } from "@nofx/control/command";
import { refusal } from "../fixtures.ts";
import { startControl, type ControlPlane } from "../run-control/harness.ts";

let plane: ControlPlane;
let tenant: TestTenant;
let operator: MemberContext;
beforeAll(async () => {
  plane = await startControl();
});
afterAll(() => plane[Symbol.asyncDispose]());
beforeEach(async () => {
  tenant = await plane.t.tenant();
  operator = await tenant.as("operator");
});

const task = { kind: "shell" as const, with: { script: ":" }, title: "Nightly", key: "nightly" };

async function submitted(): Promise<string> {
  const { runs } = await submitTasks(again(operator), { tasks: [task] });
  return runs[0] ?? "";
}

test("a task that has ended is run again, under its title and without its key", async () => {
  const runId = await submitted();
  expect((await refusal(rerunRun(again(operator), { runId }))).code).toBe("conflict");
  expect(await plane.work()).toEqual(["task"]);
  const first = await rerunRun(again(operator), { runId });
  const second = await forkRun(again(operator), { runId, from: ["task"] });
  expect(await plane.work()).toEqual(["task", "task"]);
  for (const made of [first, second]) {
    expect(await getRun(operator, { runId: made.runId })).toMatchObject({
      planId: null,
      title: "Nightly",
      key: null,
      status: "succeeded",
      forkedFrom: runId,
    });
  }
  const { items } = await listRuns(operator, {});
  expect(items.map(({ id }) => id)).toEqual([second.runId, first.runId, runId]);
});

test("new arguments wait for somebody else's yes, also when that is run again", async () => {
  const runId = await submitted();
  await plane.work();
  const edits = { task: { script: "echo new" } };
  const edited = await rerunRun(again(operator), { runId, edits });
  expect(edited.pendingApprovals).toBe(1);
  expect(await plane.work()).toEqual([]);
  const supervisor = await tenant.as("supervisor");
  const [asked] = (await listApprovals(supervisor, {})).items;
  expect(asked).toMatchObject({
    subject: "plan_step",
    title: "Nightly",
    why: "Its arguments were edited for this run.",
    planId: null,
    stepName: "task",
    arguments: { step: "task", kind: "shell", with: { script: "echo new" } },
    blocking: true,
  });
  await decideApproval(again(supervisor), { approvalId: asked?.id ?? "", decision: "approve" });
  expect(await plane.work()).toEqual(["task"]);
  const third = await rerunRun(again(operator), { runId: edited.runId });
  expect(third.pendingApprovals).toBe(1);
  const [anew] = (await listApprovals(supervisor, {})).items;
  expect(anew?.argumentsDigest).toBe(asked?.argumentsDigest);
  const no = { approvalId: anew?.id ?? "", decision: "reject" as const, reason: "no" };
  await decideApproval(again(supervisor), no);
  expect(await getRun(operator, { runId: third.runId })).toMatchObject({ status: "failed" });
});

test("a dead letter of a task is listed, redriven, and resolved by its success", async () => {
  const runId = await submitted();
  await plane.work(() => ({ code: "unknown_handler" }));
  const [letter, ...more] = (await listDeadLetters(operator, {})).items;
  expect(more).toEqual([]);
  expect(letter).toMatchObject({ runId, planId: null, pack: null, title: "Nightly" });
  const redriven = await redriveDeadLetter(again(operator), { deadLetterId: letter?.id ?? "" });
  expect(await plane.work()).toEqual(["task"]);
  expect(await getRun(operator, { runId: redriven.runId })).toMatchObject({
    status: "succeeded",
    title: "Nightly",
    redriveOf: letter?.id,
  });
  expect((await listDeadLetters(operator, {})).items).toEqual([]);
});

test("a task is called off before it begins, and its key is not free for that", async () => {
  const runId = await submitted();
  expect(await cancelRun(again(operator), { runId })).toMatchObject({ status: "cancelled" });
  expect(await plane.work()).toEqual([]);
  const { runs, existing } = await submitTasks(again(operator), { tasks: [task] });
  expect([runs, existing]).toEqual([[runId], 1]);
});
