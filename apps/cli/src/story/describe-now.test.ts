import type { ApprovalView, RunView } from "@nofx/core/api";
import { expect, it } from "vitest";
import { aDoneStep, anApproval, aRun, aStep } from "../testing/example-run.ts";
import { describeNow } from "./describe-now.ts";

const pageOf =
  <T>(items: T[]) =>
  async () => ({ items, nextCursor: null, total: null });
const nowOf = (runs: RunView[], approvals: ApprovalView[]) =>
  describeNow({ runs: pageOf(runs) }, { approvals: pageOf(approvals) });
const running = aRun([aDoneStep("a", 5), aStep()]);
const over = aRun([aDoneStep("a", 5)], { status: "succeeded" });

it("leads to the run that is under way", async () => {
  expect(await nowOf([over, running], [anApproval()])).toEqual({
    sentences: [
      "Release train is running, 1 of 2 steps done.",
      '"Publish" waits for the supervisor.',
    ],
    path: `/runs/${running.id}`,
  });
});

it("does not call a run that waits running", async () => {
  const waitingFor = "Nobody can execute it: no active agent offers bake.";
  const waiting = aRun([aStep()], { status: "queued", waitingFor });
  expect((await nowOf([waiting], [])).sentences).toEqual([
    "Release train is under way, 0 of 1 steps done.",
    `Nothing of it runs now. ${waitingFor}`,
  ]);
});

it("leads to the approvals when nothing else goes on", async () => {
  const now = await nowOf([over], [anApproval(), anApproval()]);
  expect(now.sentences[1]).toBe("2 approvals wait for the supervisor.");
  expect(now.path).toBe("/approvals");
});

it("leads to the last run, or to the backlog before there is one", async () => {
  expect((await nowOf([over], [])).path).toBe(`/runs/${over.id}`);
  expect(await nowOf([], [])).toEqual({
    sentences: ["Nothing has run yet."],
    path: "/backlog",
  });
});

it("counts for the supervisor only what they may decide", async () => {
  const own = anApproval({ canDecide: false });
  const said = async (...asked: ApprovalView[]) => (await nowOf([over], asked)).sentences[1];
  expect(await said(own)).toBe('"Publish" waits for a second person.');
  expect(await said(own, own)).toBe("2 approvals wait for a second person.");
  expect(await said(own, anApproval(), own)).toBe(
    "3 approvals wait: 1 for the supervisor, 2 for a second person.",
  );
});
