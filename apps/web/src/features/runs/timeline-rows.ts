import type { TimelineRow, TimelineSegment } from "@nofx/ui/blocks/run-timeline";
import { ATTEMPT_OUTCOME, stepLook } from "@nofx/ui/tokens/status";
import type { StepView } from "./types.ts";

/**
 * A run as rows of a waterfall. A step waits for the steps it needs without a bar; from the moment it could run until
 * it does it is in the queue, or waiting for people where a person had to say yes; each attempt is a bar of its own.
 */
export function timelineRows(steps: readonly StepView[], now: number): TimelineRow[] {
  const byName = new Map(steps.map((step) => [step.name, step]));
  const nameOf = new Map(steps.map((step) => [step.id, step.name]));
  return steps.map((step) => ({
    id: step.name,
    title: step.title,
    undoes: step.undoOf === null ? undefined : (nameOf.get(step.undoOf) ?? "a step"),
    look: stepLook(step.status, step.holds),
    segments: segmentsOf(step, byName, now),
  }));
}

function segmentsOf(
  step: StepView,
  byName: ReadonlyMap<string, StepView>,
  now: number,
): TimelineSegment[] {
  const ready = readyAt(step, byName);
  if (ready === undefined) return [];
  const segments: TimelineSegment[] = [];
  const attempts = step.attempts.toSorted((a, b) => a.epoch - b.epoch);
  const end = step.finishedAt === null ? now : Date.parse(step.finishedAt);
  let cursor = ready;
  let suspended = false;

  const waitUntil = (until: number) => {
    if (until <= cursor) return;
    const forPeople = suspended || (segments.length === 0 && needsPerson(step));
    segments.push({
      kind: forPeople ? "wait" : "queue",
      tone: forPeople ? "wait" : "neutral",
      from: cursor,
      to: until,
      label: forPeople ? "Waiting for people" : "In the queue",
    });
  };

  for (const attempt of attempts) {
    const from = Date.parse(attempt.startedAt);
    const to = attempt.finishedAt === null ? end : Date.parse(attempt.finishedAt);
    waitUntil(from);
    const look = attempt.outcome === null ? undefined : ATTEMPT_OUTCOME[attempt.outcome];
    segments.push({
      kind: "run",
      tone: look?.tone === "wait" ? "active" : (look?.tone ?? "active"),
      from,
      to: Math.max(from, to),
      label: `Attempt ${attempt.epoch}, ${look?.label.toLowerCase() ?? "at work"}`,
    });
    cursor = Math.max(cursor, to);
    suspended = attempt.outcome === "suspended";
  }
  const over = step.finishedAt !== null;
  if (!over && attempts.at(-1)?.finishedAt !== null) waitUntil(now);
  if (over && attempts.length === 0) waitUntil(end);
  return segments;
}

function needsPerson(step: StepView): boolean {
  return step.sensitive || step.kind === "approval" || step.holds.includes("approval");
}

/** When everything a step needs was done; undefined while that is not so, or when it never came to that. */
function readyAt(step: StepView, byName: ReadonlyMap<string, StepView>): number | undefined {
  let ready = Date.parse(step.queuedAt);
  for (const name of step.needs) {
    const need = byName.get(name);
    if (!need) continue;
    const met = step.undoOf === null ? need.status === "succeeded" : true;
    if (!met || need.finishedAt === null) return undefined;
    ready = Math.max(ready, Date.parse(need.finishedAt));
  }
  return ready;
}
