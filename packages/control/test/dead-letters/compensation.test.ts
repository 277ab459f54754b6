import type { MemberContext } from "@nofx/control/command";
import {
  discardDeadLetter,
  getDeadLetter,
  listDeadLetters,
  redriveDeadLetter,
  requestLossAcceptance,
  resolveDeadLetter,
} from "@nofx/control/dead-letters";
import { forkRun, rerunRun } from "@nofx/control/runs";
import { again, type TestTenant } from "@nofx/control/testing";
import type { DeadLetterSummary, RunView } from "@nofx/core/api";
import { toUuid } from "@nofx/core/vocabulary";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { refusal, shellItem } from "../fixtures.ts";
import {
  answer,
  ended,
  startControl,
  undoable,
  type ControlPlane,
} from "../run-control/harness.ts";

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

const fails =
  (...names: string[]) =>
  (step: { name: string }) =>
    names.includes(step.name) ? { code: "exit_nonzero" } : ("ok" as const);

/**
 * A run that failed, and of whose undoing `undo.2.b` failed: c was undone before it, and a, which b needed, not after it.
 */
async function stuck(): Promise<{ run: RunView; letter: DeadLetterSummary }> {
  const { id } = await control.run(operator, [
    undoable("a"),
    undoable("b", { needs: ["a"] }),
    undoable("c", { needs: ["b"] }),
    shellItem("last", { needs: ["c"] }),
  ]);
  const order = await control.work(fails("last", "undo.2.b"));
  expect(order).toEqual(["a", "b", "c", "last", "undo.1.c", "undo.2.b"]);
  const { items } = await listDeadLetters(operator, { stage: "compensate" });
  expect(items).toHaveLength(1);
  return { run: await control.view(operator, id), letter: items[0]! };
}

const undone = async (runId: string) => {
  const run = await control.view(operator, runId);
  const register = run.compensations.map((one) => [one.stepName, one.status]);
  return { compensation: run.compensation, ...Object.fromEntries(register) };
};
const look = (letter: { id: string }) => getDeadLetter(operator, { deadLetterId: letter.id });

test("what could not be undone is a letter that cannot be discarded", async () => {
  const { run, letter } = await stuck();
  expect(run).toMatchObject({ status: "failed", compensation: "failed", deadLetters: 1 });
  expect(letter).toMatchObject({ reason: "compensation_failed", stepName: "undo.2.b" });
  const seen = await look(letter);
  expect(seen.compensationId).toBe(run.compensations.find((one) => one.stepName === "b")?.id);
  expect(seen.actions).toEqual(["triage", "redrive", "resolve", "acceptLoss"]);
  const error = await refusal(
    discardDeadLetter(again(operator), { deadLetterId: letter.id, reason: "x" }),
  );
  expect(error.code).toBe("conflict");
});

test("redriven, it is undone in order with all that had to wait for it, and the run is done with", async () => {
  const { run, letter } = await stuck();
  const first = await redriveDeadLetter(again(operator), { deadLetterId: letter.id });
  expect(await undone(run.id)).toEqual({
    compensation: "failed",
    a: "undoing",
    b: "undoing",
    c: "undone",
  });
  // it fails once more: a is left alone again
  expect(await control.work(fails("undo.2.b"))).toEqual(["undo.2.b"]);
  expect((await control.view(operator, first.runId)).status).toBe("failed");
  expect(await look(letter)).toMatchObject({ status: "new", redriveRunId: first.runId });
  expect(await listDeadLetters(operator, {})).toMatchObject({ items: [{ id: letter.id }] });

  const second = await redriveDeadLetter(again(operator), { deadLetterId: letter.id });
  expect(await control.work()).toEqual(["undo.2.b", "undo.3.a"]);
  const undoing = await control.view(operator, second.runId);
  expect(undoing).toMatchObject({ status: "succeeded", forkedFrom: run.id, redriveOf: letter.id });
  const again_ = await refusal(rerunRun(again(operator), { runId: second.runId }));
  expect(again_.detail).toContain("undid what another run did");
  expect((await look(letter)).status).toBe("resolved");
  expect(await undone(run.id)).toEqual({
    compensation: "done",
    a: "undone",
    b: "undone",
    c: "undone",
  });
});

test("resolved with evidence, what had to wait for it is undone", async () => {
  const { run, letter } = await stuck();
  const evidence = "deleted by hand, ticket 4711";
  const seen = await resolveDeadLetter(again(operator), { deadLetterId: letter.id, evidence });
  expect(seen.status).toBe("resolved");
  expect(await undone(run.id)).toMatchObject({ compensation: "failed", b: "undone", a: "undoing" });
  expect(await control.work()).toEqual(["undo.3.a"]);
  const after = await control.view(operator, run.id);
  expect(after.compensation).toBe("done");
  expect(after.compensations.find((one) => one.stepName === "b")).toMatchObject({
    status: "undone",
    evidence,
    resolvedBy: "operator",
  });
});

test("a loss is accepted by two people, and by nobody when the second says no", async () => {
  const { run, letter } = await stuck();
  const ask = (reason: string) =>
    requestLossAcceptance(again(operator), { deadLetterId: letter.id, reason });
  const asked = await ask("costs nothing");
  expect(await look(letter)).toMatchObject({ status: "new", pendingApprovalId: asked.approvalId });
  expect(await ask("costs nothing")).toEqual(asked);
  await answer(tenant, "reject");
  expect(await look(letter)).toMatchObject({ status: "new", pendingApprovalId: null });
  expect((await refusal(ask("costs nothing"))).code).toBe("conflict");

  await ask("the account was closed");
  await answer(tenant);
  expect((await look(letter)).status).toBe("resolved");
  expect(await control.work()).toEqual(["undo.3.a"]);
  expect(await undone(run.id)).toEqual({
    compensation: "done",
    a: "undone",
    b: "accepted",
    c: "undone",
  });
  const { rows } = await control.t.owner.query(
    "select count(*)::int as n from audit_log where tenant_id = $1 and verb = 'loss.accepted'",
    [tenant.id],
  );
  expect(rows[0].n).toBe(1);
});

test("a yes to a loss does nothing when the letter has moved on meanwhile", async () => {
  const { run, letter } = await stuck();
  const input = { deadLetterId: letter.id, reason: "small" };
  await requestLossAcceptance(again(operator), input);
  await redriveDeadLetter(again(operator), { deadLetterId: letter.id });
  await answer(tenant);
  expect((await look(letter)).status).toBe("redriving");
  await control.work();
  expect(await undone(run.id)).toMatchObject({ compensation: "done", b: "undone" });
});

test("a letter is not ended while what had to wait for it cannot be undone: nobody would ever undo that", async () => {
  const { id } = await control.run(operator, [
    undoable("a"),
    undoable("b", { needs: ["a"] }),
    undoable("c"),
    shellItem("last", { needs: ["b", "c"] }),
  ]);
  await control.t.owner.query("update runs set undo_order = 'dependency' where id = $1", [
    toUuid("run", id),
  ]);
  for (const _ of ["a", "b", "c", "last"]) {
    const [step] = await control.claim(1);
    await control.settle(ended(step!, fails("last")(step!)));
  }
  const undoing = await control.claim();
  const undoOf = (name: string) => undoing.find((step) => step.name.endsWith(`.${name}`))!;
  await control.settle(ended(undoOf("b"), { code: "exit_nonzero" }));
  const { items } = await listDeadLetters(operator, { stage: "compensate" });
  const resolve = () =>
    resolveDeadLetter(again(operator), { deadLetterId: items[0]!.id, evidence: "by hand" });

  const early = await refusal(resolve());
  expect(early).toMatchObject({ code: "conflict", data: { runId: id } });
  await control.settle(ended(undoOf("c"), "ok"));
  expect((await look(items[0]!)).status).toBe("new");
  // what may be undone yet is not built on
  const forked = await refusal(forkRun(again(operator), { runId: id, from: ["last"] }));
  expect(forked).toMatchObject({ code: "conflict", data: { runId: id } });
  expect((await resolve()).status).toBe("resolved");
  expect(await control.work()).toEqual([expect.stringMatching(/^undo\.\d\.a$/)]);
  expect((await control.view(operator, id)).compensation).toBe("done");
});

test("edited, an undo waits for a second person", async () => {
  const { run, letter } = await stuck();
  const edit = { command: ["undo", "b", "--force"] };
  const input = { deadLetterId: letter.id, with: edit };
  expect(await redriveDeadLetter(again(operator), input)).toMatchObject({ pendingApprovals: 1 });
  expect(await control.claim()).toEqual([]);
  await answer(tenant);
  const seen: unknown[] = [];
  await control.work((step) => {
    seen.push([step.name, step.arguments["command"]]);
    return "ok";
  });
  expect(seen).toEqual([
    ["undo.2.b", edit.command],
    ["undo.3.a", ["undo", "a"]],
  ]);
  expect((await control.view(operator, run.id)).compensation).toBe("done");
});
