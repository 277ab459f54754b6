import type { MemberContext } from "@nofx/control/command";
import * as deadLetters from "@nofx/control/dead-letters";
import * as runs from "@nofx/control/runs";
import { again } from "@nofx/control/testing";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { refusal, shellItem } from "../fixtures.ts";
import { startControl, undoable, type ControlPlane } from "../run-control/harness.ts";

let control: ControlPlane;
let owner: MemberContext;
let stranger: MemberContext;
let ids: { runId: string; deadLetterId: string; lossId: string; batchId: string };

beforeAll(async () => {
  control = await startControl();
  owner = await (await control.t.tenant()).as("admin");
  stranger = await (await control.t.tenant()).as("admin");
  const failed = await control.run(owner, [undoable("a"), shellItem("b", { needs: ["a"] })]);
  await control.work((step) => (step.name === "a" ? "ok" : { code: "unknown_handler" }));
  const { items } = await deadLetters.listDeadLetters(owner, {});
  const letter = (stage: string) => items.find((one) => one.stage === stage)?.id ?? "";
  const { batchId } = await deadLetters.redriveDeadLetters(again(owner), {});
  ids = {
    runId: failed.id,
    deadLetterId: letter("claim"),
    lossId: letter("compensate"),
    batchId: batchId ?? "",
  };
});
afterAll(() => control[Symbol.asyncDispose]());

const commands: [string, (ctx: MemberContext) => Promise<unknown>][] = [
  ["cancelRun", (ctx) => runs.cancelRun(ctx, { runId: ids.runId })],
  ["cancelStep", (ctx) => runs.cancelStep(ctx, { runId: ids.runId, stepName: "a" })],
  ["pauseRun", (ctx) => runs.pauseRun(ctx, { runId: ids.runId })],
  ["resumeRun", (ctx) => runs.resumeRun(ctx, { runId: ids.runId })],
  ["forkRun", (ctx) => runs.forkRun(ctx, { runId: ids.runId, from: ["a"] })],
  ["rerunRun", (ctx) => runs.rerunRun(ctx, { runId: ids.runId })],
  ["getDeadLetter", (ctx) => deadLetters.getDeadLetter(ctx, { deadLetterId: ids.deadLetterId })],
  [
    "revealDeadLetter",
    (ctx) => deadLetters.revealDeadLetter(ctx, { deadLetterId: ids.deadLetterId }),
  ],
  [
    "triageDeadLetter",
    (ctx) => deadLetters.triageDeadLetter(ctx, { deadLetterId: ids.deadLetterId, note: "x" }),
  ],
  [
    "discardDeadLetter",
    (ctx) => deadLetters.discardDeadLetter(ctx, { deadLetterId: ids.deadLetterId, reason: "x" }),
  ],
  [
    "redriveDeadLetter",
    (ctx) => deadLetters.redriveDeadLetter(ctx, { deadLetterId: ids.deadLetterId }),
  ],
  [
    "resolveDeadLetter",
    (ctx) => deadLetters.resolveDeadLetter(ctx, { deadLetterId: ids.lossId, evidence: "x" }),
  ],
  [
    "requestLossAcceptance",
    (ctx) => deadLetters.requestLossAcceptance(ctx, { deadLetterId: ids.lossId, reason: "x" }),
  ],
  ["stopRedriveBatch", (ctx) => deadLetters.stopRedriveBatch(ctx, { batchId: ids.batchId })],
];

describe("another tenant's runs and dead letters", () => {
  test.each(commands)("%s knows nothing of them", async (_name, call) => {
    expect((await refusal(call(again(stranger)))).code).toBe("not_found");
  });

  test.each(commands)(
    "%s refuses whoever names the tenant without belonging to it",
    async (_name, call) => {
      const forged = { ...again(stranger), tenantId: owner.tenantId };
      expect(["not_found", "forbidden"]).toContain((await refusal(call(forged))).code);
    },
  );

  test("are in no list", async () => {
    const lists = [deadLetters.listDeadLetters, deadLetters.listRedriveBatches];
    for (const list of lists) {
      expect((await list(owner, {})).items.length).toBeGreaterThan(0);
      expect((await list(stranger, {})).items).toEqual([]);
      expect((await list({ ...stranger, tenantId: owner.tenantId }, {})).items).toEqual([]);
    }
    const bulk = await deadLetters.redriveDeadLetters(again(stranger), {});
    expect(bulk).toMatchObject({ matched: 0, batchId: null });
  });

  test("have not changed by all that", async () => {
    const run = await runs.getRun(owner, { runId: ids.runId });
    expect(run).toMatchObject({ status: "failed", pausedAt: null, cancelRequestedAt: null });
    for (const deadLetterId of [ids.deadLetterId, ids.lossId]) {
      const letter = await deadLetters.getDeadLetter(owner, { deadLetterId });
      expect(letter).toMatchObject({ status: "new", version: 1 });
    }
  });
});
