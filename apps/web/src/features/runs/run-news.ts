import type { Tone } from "@nofx/ui/tokens/status";
import type { RunView } from "./types.ts";

/** What a reader has to know of a run besides where it stands. */
export interface News {
  kind: "paused" | "cancelling" | "undoing" | "undo failed" | "undone" | "dead letters";
  tone: Tone;
  title: string;
  text: string;
}

type Seen = Pick<
  RunView,
  | "status"
  | "pausedAt"
  | "cancelRequestedAt"
  | "compensation"
  | "outcome"
  | "deadLetters"
  | "compensations"
> & { stepList: readonly Pick<RunView["stepList"][number], "name" | "status" | "undoOf">[] };

const count = (n: number, one: string, many: string) => `${n} ${n === 1 ? one : many}`;

export function newsOf(run: Seen): News[] {
  const over = run.status !== "queued" && run.status !== "running";
  const news: News[] = [];
  if (run.pausedAt !== null && !over) news.push(paused(run));
  if (run.compensation === "running") news.push(undoing(run));
  else if (run.cancelRequestedAt !== null && !over) news.push(cancelling(run));
  if (run.compensation === "failed") news.push(undoFailed(run));
  if (run.compensation === "done") news.push(undone(run));
  const letters = run.compensation === "failed" ? 0 : run.deadLetters;
  if (letters > 0) {
    news.push({
      kind: "dead letters",
      tone: "bad",
      title: `${count(letters, "step waits", "steps wait")} among the dead letters`,
      text: "Each can be tried again in a run of its own, which keeps what is done and was not undone.",
    });
  }
  return news;
}

const atWork = (run: Seen) =>
  run.stepList
    .filter((step) => step.status === "running" || step.status === "assigned")
    .map((step) => step.name);

function paused(run: Seen): News {
  const busy = atWork(run);
  return {
    kind: "paused",
    tone: "wait",
    title: "Paused: no step starts until somebody resumes it",
    text:
      busy.length === 0
        ? "Nothing is at work."
        : `What had begun goes on to its end: ${some(busy)}.`,
  };
}

function cancelling(run: Seen): News {
  const busy = atWork(run);
  return {
    kind: "cancelling",
    tone: "warn",
    title: "Cancelled by a person: no step starts any more",
    text: busy.length === 0 ? "About to end." : `Being stopped: ${some(busy)}.`,
  };
}

function undoing(run: Seen): News {
  const { done, all } = progressOf(run);
  return {
    kind: "undoing",
    tone: "warn",
    title: `Taking back what was done: ${done} of ${all}`,
    text: `Then the run ends as ${run.outcome ?? "failed"}.`,
  };
}

function undoFailed(run: Seen): News {
  const open = run.compensations.filter(
    (one) => one.status !== "undone" && one.status !== "accepted",
  );
  return {
    kind: "undo failed",
    tone: "bad",
    title: `${count(open.length, "effect is", "effects are")} still there: the undo failed`,
    text: `Left of ${some([...new Set(open.map((one) => one.stepName))])}. Try the undo again, take the effect back by hand and say how, or accept the loss.`,
  };
}

function undone(run: Seen): News {
  const accepted = run.compensations.filter((one) => one.status === "accepted").length;
  const taken = run.compensations.filter((one) => one.status === "undone").length;
  return {
    kind: "undone",
    tone: "ended",
    title: `${count(taken, "effect was", "effects were")} taken back`,
    text:
      accepted === 0
        ? "Nothing of this run is left in the world that could be undone."
        : `${count(accepted, "loss was", "losses were")} accepted by people.`,
  };
}

function progressOf(run: Seen): { done: number; all: number } {
  const all = run.compensations.filter((one) => one.status !== "registered").length;
  return { done: run.compensations.filter((one) => one.status === "undone").length, all };
}

function some(names: readonly string[]): string {
  const shown = names.slice(0, 3).join(", ");
  return names.length > 3 ? `${shown} and ${names.length - 3} more` : shown;
}
