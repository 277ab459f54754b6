import type { MemberContext } from "@nofx/control/command";
import { getDeadLetter, listDeadLetters, redriveDeadLetter } from "@nofx/control/dead-letters";
import { cancelRun } from "@nofx/control/runs";
import { again, type TestTenant } from "@nofx/control/testing";
import type { DeadLetterSummary } from "@nofx/core/api";
import { toUuid } from "@nofx/core/vocabulary";
import { checkpoint, spawn, wait } from "@nofx/db/leases";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { refusal, shellItem } from "../fixtures.ts";
import {
  answer,
  ended,
  startControl,
  statuses,
  type ControlPlane,
} from "../run-control/harness.ts";

const LETTERS = process.env["PROVE"] === "1" ? 500 : 50;
const dies = { code: "unknown_handler" };

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

const redrive = (letter: { id: string }, more: object = {}, ctx = operator) =>
  redriveDeadLetter(again(ctx), { deadLetterId: letter.id, ...more });
const letters = async () => (await listDeadLetters(operator, { status: "all", limit: 200 })).items;
const look = (letter: { id: string }) => getDeadLetter(operator, { deadLetterId: letter.id });

/** A run whose step `pay` died, and its letter. */
async function dead(more: unknown[] = []): Promise<DeadLetterSummary> {
  const run = await control.run(operator, [
    shellItem("fetch"),
    shellItem("pay", { needs: ["fetch"] }),
    ...more,
  ]);
  await control.work((step) => (step.name === "pay" ? dies : "ok"));
  const letter = (await letters()).find((one) => one.runId === run.id);
  if (letter === undefined) throw new Error("nothing died");
  return letter;
}

test("what was done is not done again: succeeded steps and checkpoints are kept", async () => {
  const other = await control.run(operator, [
    shellItem("fetch"),
    shellItem("pay", { needs: ["fetch"] }),
  ]);
  await control.settle(ended((await control.claim())[0]!, "ok"));
  const [pay] = await control.claim();
  const claim = { stepId: pay!.id, epoch: pay!.epoch, tenantId: null };
  await checkpoint(control.worker, claim, "charged", { id: 7 });
  await wait(control.worker, claim, "settled", [{ option: "t", kind: "timer", seconds: 0 }]);
  await control.settle(ended(pay!, dies));
  const [letter] = await letters();
  expect(letter).toMatchObject({
    status: "new",
    stage: "claim",
    reason: "unknown_handler",
    runId: other.id,
    stepName: "pay",
  });
  const made = await redrive(letter!);
  expect(made).toMatchObject({ kept: 1, deadLetterIds: [letter!.id], pendingApprovals: 0 });
  const [retried] = await control.claim();
  expect(retried).toMatchObject({
    name: "pay",
    failures: 0,
    checkpoints: [{ name: "charged", value: { id: 7 } }],
  });
  const again_ = { stepId: retried!.id, epoch: retried!.epoch, tenantId: null };
  // a wait that was met stays met
  expect(await wait(control.worker, again_, "settled", [])).toMatchObject({
    held: false,
    met: "t",
  });
  await control.settle(ended(retried!, "ok"));
  expect(await control.claim()).toEqual([]);
  expect((await control.view(operator, made.runId)).status).toBe("succeeded");
  expect(await look(letter!)).toMatchObject({ status: "resolved", redriveRunId: made.runId });
});

test("one that fails again is new again, with all that is known of both times", async () => {
  const letter = await dead();
  const first = await redrive(letter);
  await control.work(() => ({ code: "invalid_input" }));
  const back = await look(letter);
  expect(back).toMatchObject({
    status: "new",
    version: letter.version + 2,
    error: { code: "invalid_input" },
    failures: 2,
    redriveRunId: first.runId,
  });
  expect(back.history.map((one) => one.errorCode)).toEqual(["unknown_handler", "invalid_input"]);
  expect(back.history[0]).toMatchObject({ executor: "w1", workerVersion: "1.0.0" });
  // no second letter for the same failure
  expect(await letters()).toHaveLength(1);
  const second = await redrive(back);
  expect(second.kept).toBe(1);
  expect(await control.work()).toEqual(["pay"]);
  expect(await look(letter)).toMatchObject({ status: "resolved", redriveRunId: second.runId });
});

test("letters of one run are redriven together", async () => {
  const letter = await dead([shellItem("mail", { needs: ["fetch"] })]);
  expect(await letters()).toHaveLength(1);
  const run = await control.run(operator, [shellItem("x"), shellItem("y")]);
  await control.work(() => dies);
  const two = (await letters()).filter((one) => one.runId === run.id);
  const made = await redrive(two[0]!);
  expect(made.deadLetterIds.toSorted()).toEqual(two.map((one) => one.id).toSorted());
  expect((await control.work()).toSorted()).toEqual(["x", "y"]);
  expect((await letters()).filter((one) => one.status === "resolved")).toHaveLength(2);
  expect(await look(letter)).toMatchObject({ status: "new" });
});

test(`${LETTERS} letters that two people redrive at once are each redriven once`, async () => {
  const other = await tenant.as("operator");
  const items = Array.from({ length: 6 }, (_, i) => shellItem(`s${i}`));
  const runs = [];
  for (let i = 0; i < LETTERS / 5; i++) {
    runs.push((await control.run(operator, items)).id);
  }
  await control.work((step) => (step.name === "s0" ? "ok" : dies));
  // five letters a run; the first one that is redriven takes the others along
  let all: DeadLetterSummary[] = [];
  for (let cursor: string | undefined; ;) {
    const page = await listDeadLetters(operator, { limit: 33, ...(cursor && { cursor }) });
    all = [...all, ...page.items];
    if (page.nextCursor === null) break;
    cursor = page.nextCursor;
  }
  expect(new Set(all.map((one) => one.id)).size).toBe(LETTERS);
  const redriven: string[] = [];
  const refusals: unknown[] = [];
  const person = async (ctx: MemberContext, order: DeadLetterSummary[]) => {
    for (const letter of order) {
      const made = await redrive(letter, {}, ctx).catch((error: unknown) => {
        refusals.push(error);
        return { deadLetterIds: [] };
      });
      redriven.push(...made.deadLetterIds);
    }
  };
  await Promise.all([person(operator, all), person(other, all.toReversed())]);
  expect(redriven).toHaveLength(all.length);
  expect(new Set(redriven)).toEqual(new Set(all.map((one) => one.id)));
  expect(refusals).toHaveLength(all.length * 2 - redriven.length / 5);
  for (const refused of refusals) {
    expect(refused).toMatchObject({ code: "conflict", data: { status: "redriving" } });
  }
  const { rows } = await control.t.owner.query(
    "select forked_from from runs where tenant_id = $1 and redrive_of is not null",
    [tenant.id],
  );
  expect(rows).toHaveLength(runs.length);
  expect(new Set(rows.map((row) => row.forked_from))).toEqual(
    new Set(runs.map((id) => toUuid("run", id))),
  );
  const names = await control.work();
  expect(names).toHaveLength(all.length);
  expect(names).not.toContain("s0");
  expect((await listDeadLetters(operator, {})).items).toEqual([]);
});

test("edited arguments need a second person; without their yes the letter is new again", async () => {
  const letter = await dead();
  const edit = { with: { command: ["pay", "--again"] } };
  const made = await redrive(letter, edit);
  expect(made.pendingApprovals).toBe(1);
  expect(await control.claim()).toEqual([]);
  expect(await look(letter)).toMatchObject({ status: "redriving", actions: [] });
  expect((await look(letter)).pendingApprovalId).not.toBeNull();
  await answer(tenant, "reject");
  expect(await look(letter)).toMatchObject({
    status: "new",
    error: { code: "approval_rejected" },
    pendingApprovalId: null,
  });
  await redrive(letter, edit);
  await answer(tenant);
  const [step] = await control.claim();
  expect(step).toMatchObject({ name: "pay", arguments: { command: ["pay", "--again"] } });
  await control.settle(ended(step!, "ok"));
  expect((await look(letter)).status).toBe("resolved");
  const wrong = await dead();
  const error = await refusal(redrive(wrong, { with: { command: [] } }));
  expect(error.issues[0]?.path).toBe("/with/command");
});

test("a dead child goes on under its parent, which does not spawn it twice", async () => {
  const run = await control.run(operator, [shellItem("parent")]);
  const child = (name: string) => ({
    name,
    title: name,
    kind: "shell" as const,
    executor: "worker" as const,
    arguments: { command: [":"] },
  });
  const begin = async (died: boolean) => {
    const parent = (await control.claim()).find((step) => step.name === "parent");
    const claim = { stepId: parent!.id, epoch: parent!.epoch, tenantId: null };
    await spawn(control.worker, claim, [child("good"), child("bad")]);
    const answered = await wait(control.worker, claim, "all", [
      { option: "done", kind: "children" },
    ]);
    if (!answered.held)
      await control.settle(ended(parent!, died ? { code: "exit_nonzero" } : "ok"));
    return answered.held;
  };
  expect(await begin(true)).toBe(true);
  const names = [];
  for (const step of await control.claim()) {
    names.push(step.name);
    await control.settle(ended(step, step.name === "parent.bad" ? dies : "ok"));
  }
  expect(await begin(true)).toBe(false);
  expect((await control.view(operator, run.id)).status).toBe("failed");

  const [letter] = await letters();
  expect(letter).toMatchObject({ stepName: "parent.bad" });
  const made = await redrive(letter!);
  // both can be claimed: the child that died, and the parent that asks for it again
  const steps = await control.claim();
  expect(steps.map((step) => step.name).toSorted()).toEqual(["parent", "parent.bad"]);
  const bad = steps.find((step) => step.name === "parent.bad");
  const parent = steps.find((step) => step.name === "parent");
  const claim = { stepId: parent!.id, epoch: parent!.epoch, tenantId: null };
  const spawned = await spawn(control.worker, claim, [child("good"), child("bad")]);
  expect(spawned.children.map((one) => one.created)).toEqual([false, false]);
  await wait(control.worker, claim, "all", [{ option: "done", kind: "children" }]);
  await control.settle(ended(bad!, "ok"));
  expect(await control.work()).toEqual(["parent"]);
  expect(statuses(await control.view(operator, made.runId))).toEqual({
    parent: "succeeded",
    "parent.good": "succeeded",
    "parent.bad": "succeeded",
  });
  expect((await look(letter!)).status).toBe("resolved");
});

test("the run of a redriven letter that is cancelled gives the letter back", async () => {
  const letter = await dead();
  const made = await redrive(letter);
  await cancelRun(again(operator), { runId: made.runId });
  expect(await look(letter)).toMatchObject({ status: "new", error: { code: "unknown_handler" } });
});
