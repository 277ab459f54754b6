import { deadLetterOf } from "../errors/index.ts";
import { transitionDeadLetter } from "../machine/index.ts";
import { nextId, stepOf, tell } from "./rows.ts";
import type { EngineModel, ModelDeadLetter, ModelStep } from "./state.ts";

/** Leaves a dead letter for each step that failed, if the failure is worth one; and answers those that are being redriven. */
export function bury(
  model: EngineModel,
  succeeded: readonly string[],
  ended: readonly string[],
  now: number,
): void {
  for (const id of [...succeeded, ...ended]) {
    const step = stepOf(model, id);
    const told = followUp(model, step, now);
    if (told || step.status !== "failed") continue;
    if (model.deadLetters.some((one) => one.stepId === id)) continue;
    const kind = deadLetterOf(step.error?.code ?? "unclassified", {
      pastDeadline: step.error?.pastDeadline === true,
      isUndo: step.undoOf !== null,
    });
    if (kind === null) continue;
    const letter: ModelDeadLetter = {
      id: nextId(model, "letter"),
      runId: step.runId,
      stepId: id,
      ...kind,
      status: "new",
      version: 1,
      redriveRun: null,
    };
    model.deadLetters.push(letter);
    tell(model, "dead_letter.added", { runId: step.runId, stepId: id }, now);
  }
}

function followUp(model: EngineModel, step: ModelStep, now: number): boolean {
  const letters = model.deadLetters.filter(
    (one) =>
      one.status === "redriving" &&
      one.redriveRun === step.runId &&
      model.steps.get(one.stepId)?.name === step.name,
  );
  for (const letter of letters) {
    const event = step.status === "succeeded" ? "succeed" : "fail";
    const moved = transitionDeadLetter(letter.status, event);
    if (!moved.ok) throw new Error(`${letter.id} cannot ${event}.`);
    letter.status = moved.next;
    letter.version++;
    const type = event === "succeed" ? "dead_letter.resolved" : "dead_letter.added";
    tell(model, type, { runId: step.runId, stepId: step.id }, now);
  }
  return letters.length > 0;
}
