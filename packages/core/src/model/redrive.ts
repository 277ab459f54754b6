import { transitionCompensation, transitionDeadLetter } from "../machine/index.ts";
import { isTerminalRun } from "../vocabulary/index.ts";
import { enqueueRun } from "./enqueue-run.ts";
import { forkRun, workspaceBusy } from "./fork-run.ts";
import { runOf, stepNamed, stepOf, tell } from "./rows.ts";
import type { EngineModel, ModelDeadLetter } from "./state.ts";

export type RedriveResult = "redriven" | "conflict" | "unchanged" | "unsettled" | "going" | "busy";

/** Tries a dead letter again, in a new run, with all that is open of the run that it failed in. */
export function redrive(
  model: EngineModel,
  letterId: string,
  newId: string,
  now: number,
): RedriveResult {
  const letter = model.deadLetters.find((one) => one.id === letterId);
  if (letter === undefined || !isOpen(letter)) return "conflict";
  if (letter.stage === "compensate") return undoRest(model, letter, newId, now);
  const source = letter.redriveRun ?? letter.runId;
  const open = openLettersOf(model, source);
  const from = open
    .filter((one) => one.stage !== "compensate")
    .flatMap((one) => {
      const names: string[] = [];
      let step = stepNamed(model, source, stepOf(model, one.stepId).name);
      while (step !== undefined) {
        names.push(step.name);
        step = step.parentId === null ? undefined : stepOf(model, step.parentId);
      }
      return names;
    });
  const fork = { source, id: newId, from, keep: true, redriveOf: letterId };
  const result = forkRun(model, fork, now);
  if (result !== "forked") return result;
  for (const one of open)
    if (stepNamed(model, newId, stepOf(model, one.stepId).name)?.status === "queued")
      moveOn(model, one, newId, now);
  return "redriven";
}

const isOpen = (letter: ModelDeadLetter) => letter.status === "new" || letter.status === "triaged";

function openLettersOf(model: EngineModel, runId: string): ModelDeadLetter[] {
  return model.deadLetters.filter((one) => (one.redriveRun ?? one.runId) === runId && isOpen(one));
}

function moveOn(model: EngineModel, letter: ModelDeadLetter, newId: string, now: number): void {
  const moved = transitionDeadLetter(letter.status, "redrive");
  if (!moved.ok) throw new Error(`${letter.id} cannot be redriven.`);
  letter.status = moved.next;
  letter.version++;
  letter.redriveRun = newId;
  tell(model, "dead_letter.redriven", { runId: newId, stepId: letter.stepId }, now);
}

/** Tries again to undo what of a run is not undone: a new run of compensations, in the same order. */
function undoRest(
  model: EngineModel,
  letter: ModelDeadLetter,
  newId: string,
  now: number,
): RedriveResult {
  const dead = stepOf(model, letter.stepId);
  const about = (one: ModelDeadLetter) => {
    const undo = stepOf(model, one.stepId);
    return model.compensations.find(
      (entry) =>
        entry.stepId === undo.undoOf &&
        entry.undoStep !== null &&
        stepOf(model, entry.undoStep).name === undo.name,
    );
  };
  const runId = about(letter)?.runId ?? dead.runId;
  const run = runOf(model, runId);
  if (!isTerminalRun(run.status)) return "going";
  const root = run.workspaceRun ?? run.id;
  if (workspaceBusy(model, root)) return "busy";
  const todo = model.compensations
    .filter(
      (one) => one.runId === runId && (one.status === "failed" || one.status === "registered"),
    )
    .toSorted((a, b) => b.seq - a.seq);
  if (todo.length === 0) return "conflict";
  const letters = model.deadLetters.filter(
    (one) => one.stage === "compensate" && isOpen(one) && about(one)?.runId === runId,
  );
  const olds = todo.map((entry) => stepOf(model, entry.undoStep ?? ""));
  enqueueRun(
    model,
    {
      id: newId,
      tenantId: run.tenantId,
      compensate: false,
      undoOrder: run.undoOrder,
      forkedFrom: runId,
      workspaceRun: root,
      redriveOf: letter.id,
      steps: olds.map((old, i) => {
        const needs = model.dependencies
          .filter((edge) => edge.stepId === old.id && edge.required)
          .flatMap((edge) =>
            olds.filter((one) => one.id === edge.dependsOn).map((one) => one.name),
          );
        const before = olds[i - 1]?.name;
        const inRow = run.undoOrder === "completion" && before !== undefined;
        return {
          name: old.name,
          kind: old.handler.split("@")[0] ?? "",
          capability: old.capability,
          priority: old.priority,
          arguments: old.arguments,
          maxFailures: old.maxFailures,
          maxCrashes: old.maxCrashes,
          deadlineMs: old.deadlineMs,
          needs,
          softNeeds: inRow && !needs.includes(before) ? [before] : [],
          ...(old.undoOf === null ? {} : { undoOf: old.undoOf }),
        };
      }),
    },
    now,
  );
  for (const old of olds) {
    for (const point of model.checkpoints.filter((one) => one.stepId === old.id))
      model.checkpoints.push({ ...point, stepId: `${newId}/${old.name}` });
  }
  for (const one of letters) moveOn(model, one, newId, now);
  for (const [i, entry] of todo.entries()) {
    const moved = transitionCompensation(entry.status, "begin");
    if (!moved.ok) throw new Error(`${entry.id} cannot begin again.`);
    entry.status = moved.next;
    entry.undoStep = `${newId}/${olds[i]?.name}`;
  }
  return "redriven";
}
