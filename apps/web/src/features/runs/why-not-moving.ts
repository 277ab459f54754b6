import type { Tone } from "@nofx/ui/tokens/status";
import type { RunView, StepView } from "./types.ts";

export interface Situation {
  tone: Tone;
  sentence: string;
}

type Seen = Pick<RunView, "status" | "stepsFailed" | "steps" | "stepsDone" | "pendingApprovals"> & {
  stepList: readonly Pick<
    StepView,
    "name" | "status" | "holds" | "waitingFor" | "progress" | "error"
  >[];
};

const count = (n: number, one: string, many: string) => `${n} ${n === 1 ? one : many}`;

/** One sentence about a run: what it does now or, when it does nothing, why not. */
export function situationOf(run: Seen): Situation {
  switch (run.status) {
    case "succeeded":
      return {
        tone: "good",
        sentence: run.steps === 1 ? "It succeeded." : `All ${run.steps} steps succeeded.`,
      };
    case "cancelled":
      return {
        tone: "ended",
        sentence: `Cancelled with ${run.stepsDone} of ${run.steps} steps over.`,
      };
    case "failed":
      return { tone: "bad", sentence: failure(run) };
    case "queued":
    case "running":
      return moving(run);
  }
}

function failure(run: Seen): string {
  const failed = run.stepList.find((step) => step.status === "failed");
  if (!failed) return `${count(run.stepsFailed, "step", "steps")} failed.`;
  const others = run.stepsFailed > 1 ? `, and ${run.stepsFailed - 1} more failed` : "";
  return `${failed.name} failed${failed.error ? `: ${failed.error.message}` : ""}${others}`;
}

function moving(run: Seen): Situation {
  const busy = run.stepList.filter(
    (step) => step.status === "running" || step.status === "assigned",
  );
  const asking = run.stepList.filter(
    (step) =>
      step.status === "queued" &&
      step.holds.includes("approval") &&
      !step.holds.includes("dependency"),
  );
  const asked =
    asking.length === 0
      ? ""
      : `${asking
          .map((step) => step.name)
          .slice(0, 3)
          .join(
            ", ",
          )}${asking.length > 3 ? ` and ${asking.length - 3} more` : ""} ${asking.length === 1 ? "waits" : "wait"} for approval.`;
  if (busy.length > 0) {
    const names = busy
      .slice(0, 3)
      .map((step) => step.name)
      .join(", ");
    const more = busy.length > 3 ? ` and ${busy.length - 3} more` : "";
    return { tone: "active", sentence: `At work: ${names}${more}.${asked && ` ${asked}`}` };
  }
  if (asked !== "") return { tone: "wait", sentence: `Nothing runs: ${asked}` };
  const ready = run.stepList.find((step) => step.status === "queued" && step.holds.length === 0);
  if (ready) {
    return { tone: "neutral", sentence: `${ready.name}: ${ready.waitingFor ?? "about to start."}` };
  }
  const held = run.stepList.find((step) => step.status === "queued" && step.waitingFor !== null);
  if (held) return { tone: "wait", sentence: `Nothing runs. ${held.name}: ${held.waitingFor}` };
  return { tone: "neutral", sentence: "About to start." };
}
