import { stepsOf, type ModelStep } from "@nofx/core/model";
import { isTerminalRun, isTerminalStep } from "@nofx/core/vocabulary";
import type { Fleet } from "./fleet.ts";
import type { People } from "./people.ts";
import type { World } from "./world.ts";

/** Whether everything has ended that can end without people: I13. */
export function isQuiet(world: World, people: People): boolean {
  return openSteps(world).every((step) => isNamedWait(world, people, step));
}

/** What should have ended and has not, each with what it is stuck in. */
export function stuck(world: World, people: People): string[] {
  return openSteps(world)
    .filter((step) => !isNamedWait(world, people, step))
    .map((step) => `${step.id} is ${step.status}, holds ${step.holds}, due ${step.runAt}`);
}

function openSteps({ model }: World): ModelStep[] {
  return [...model.steps.values()].filter((step) => !isTerminalStep(step.status));
}

/** It waits for people who will not answer or for an event that nobody sends; or for a step that does. */
function isNamedWait(world: World, people: People, step: ModelStep): boolean {
  const { model } = world;
  if (step.status !== "queued" || step.holds === 0) return false;
  const open = model.waits.filter((one) => one.stepId === step.id && one.status === "open");
  const hopeless = open.every(
    (one) =>
      one.kind === "event" ||
      people.ignored.has(one.id) ||
      people.ignored.has(one.approvalId ?? ""),
  );
  if (open.length > 0) return hopeless;
  const asked = [...model.approvals.values()].filter(
    (one) => one.stepId === step.id && one.status === "pending",
  );
  if (asked.length > 0) return asked.every((one) => people.ignored.has(one.id));
  const needs = model.dependencies.filter((one) => one.stepId === step.id);
  return needs.some(({ dependsOn }) => {
    const need = model.steps.get(dependsOn);
    return need !== undefined && !isTerminalStep(need.status) && isNamedWait(world, people, need);
  });
}

/** What must be true when all is over. */
export function checkEnd(world: World, fleet: Fleet): void {
  const { model } = world;
  for (const { process } of fleet.workers) world.blame(`I16: ${process.name} does not stop`);
  for (const step of model.steps.values()) {
    if (step.leaseOwner !== null) world.blame(`I16: ${step.leaseOwner} still holds ${step.id}`);
  }
  for (const [claim, name] of world.executed) {
    if (world.spoken.has(claim) || world.goneEarly.has(name)) continue;
    world.blame(`${name} executed ${claim} and never said how it ended`);
  }
  for (const run of model.runs.values()) {
    const ends = model.events.filter(
      ({ runId, type }) =>
        runId === run.id && ["run.succeeded", "run.failed", "run.cancelled"].includes(type),
    ).length;
    if (ends !== (isTerminalRun(run.status) ? 1 : 0)) {
      world.blame(`I12: ${run.id} is ${run.status}, its end was told ${ends} times`);
    }
    if (stepsOf(model, run.id).length !== run.stepCount) {
      world.blame(`${run.id} has lost steps: ${run.stepCount} were accepted`);
    }
  }
}
