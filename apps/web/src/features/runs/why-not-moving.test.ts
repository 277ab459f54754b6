import { expect, it } from "vitest";
import { situationOf } from "./why-not-moving.ts";
import type { StepView } from "./types.ts";

type Step = Pick<StepView, "name" | "status" | "holds" | "waitingFor" | "progress" | "error">;

const step = (name: string, over: Partial<Step> = {}): Step => ({
  name,
  status: "queued",
  holds: [],
  waitingFor: null,
  progress: null,
  error: null,
  ...over,
});

const run = (
  status: "queued" | "running" | "failed" | "succeeded" | "cancelled",
  ...stepList: Step[]
) => ({
  status,
  stepList,
  steps: stepList.length,
  stepsDone: stepList.filter((one) => one.status === "succeeded").length,
  stepsFailed: stepList.filter((one) => one.status === "failed").length,
  pendingApprovals: 0,
});

const running = step("build", { status: "running" });
const asking = step("publish", { holds: ["approval"], waitingFor: "Waits for an approval." });
const later = step("verify", { holds: ["dependency"], waitingFor: "Waits for publish." });

it.each([
  [run("running", running, later), "active", "At work: build."],
  [run("running", running, asking), "active", "At work: build. publish waits for approval."],
  [run("running", asking, later), "wait", "Nothing runs: publish waits for approval."],
  [
    run("running", step("check", { waitingFor: "Waits for a free worker." })),
    "neutral",
    "check: Waits for a free worker.",
  ],
  [run("running", later), "wait", "Nothing runs. verify: Waits for publish."],
  [run("queued"), "neutral", "About to start."],
  [run("succeeded", step("a", { status: "succeeded" })), "good", "It succeeded."],
  [run("succeeded", step("a"), step("b")), "good", "All 2 steps succeeded."],
  [run("cancelled", later), "ended", "Cancelled with 0 of 1 steps over."],
  [
    run(
      "failed",
      step("t", { status: "failed", error: { code: "timeout", message: "took too long" } }),
    ),
    "bad",
    "t failed: took too long",
  ],
] as const)("case %#", (seen, tone, sentence) => {
  expect(situationOf(seen)).toEqual({ tone, sentence });
});

it("names three and counts the rest", () => {
  const busy = ["a", "b", "c", "d", "e"].map((name) => step(name, { status: "assigned" }));
  expect(situationOf(run("running", ...busy)).sentence).toBe("At work: a, b, c and 2 more.");
});

it("does not count a step as asking before its turn has come", () => {
  const notYet = step("publish", {
    holds: ["dependency", "approval"],
    waitingFor: "Waits for build.",
  });
  expect(situationOf(run("running", running, notYet)).sentence).toBe("At work: build.");
});
