import type { GraphStep } from "@nofx/ui/blocks/step-graph";
import { stepLook } from "@nofx/ui/tokens/status";
import type { StepView } from "./types.ts";

export function runGraph(steps: readonly StepView[]): GraphStep[] {
  const places = placesOfLatecomers(steps);
  const byId = new Map(steps.map((step) => [step.id, step.name]));
  return steps.map((step) => ({
    id: step.name,
    title: step.title,
    kind: step.kind,
    look: stepLook(step.status, step.holds),
    needs: step.needs,
    x: places.get(step.name)?.x ?? step.x,
    y: places.get(step.name)?.y ?? step.y,
    sensitive: step.sensitive,
    percent: step.status === "running" ? (step.progress?.percent ?? null) : null,
    undoes: step.undoOf === null ? undefined : (byId.get(step.undoOf) ?? "a step"),
    kept: step.keptFrom !== null,
  }));
}

/**
 * Undo steps and steps that others started have no place in the plan. They stand in lanes below it: how far along by
 * what they need, so that a row of undos reads from left to right, and nothing of the plan moves when they come.
 */
function placesOfLatecomers(steps: readonly StepView[]): Map<string, { x: number; y: number }> {
  const planned = steps.filter((step) => !isLate(step));
  const [column, row] = [smallestStep(planned, "x"), smallestStep(planned, "y")];
  const left = Math.min(0, ...planned.map((step) => step.x));
  let below = Math.max(0, ...planned.map((step) => step.y)) + row;

  const places = new Map<string, { x: number; y: number }>();
  for (const lane of [
    steps.filter((step) => step.parentId !== null && step.undoOf === null),
    steps.filter((step) => step.undoOf !== null),
  ]) {
    const depths = depthsOf(lane);
    const filled = new Map<number, number>();
    for (const step of lane) {
      const depth = depths.get(step.name) ?? 0;
      const at = filled.get(depth) ?? 0;
      filled.set(depth, at + 1);
      places.set(step.name, { x: left + depth * column, y: below + at * row });
    }
    below += row * Math.max(0, ...filled.values());
  }
  return places;
}

const isLate = (step: StepView) => step.undoOf !== null || step.parentId !== null;

function smallestStep(steps: readonly StepView[], axis: "x" | "y"): number {
  const values = [...new Set(steps.map((step) => step[axis]))].toSorted((a, b) => a - b);
  const gaps = values.slice(1).map((value, at) => value - (values[at] ?? 0));
  return gaps.length === 0 ? 1 : Math.min(...gaps);
}

/** How many steps of the lane come before each, along its longest path. */
function depthsOf(lane: readonly StepView[]): Map<string, number> {
  const byName = new Map(lane.map((step) => [step.name, step]));
  const depths = new Map<string, number>();
  const depthOf = (step: StepView): number => {
    const known = depths.get(step.name);
    if (known !== undefined) return known;
    depths.set(step.name, 0);
    const before = step.needs.flatMap((name) => byName.get(name) ?? []);
    const depth = before.length === 0 ? 0 : 1 + Math.max(...before.map(depthOf));
    depths.set(step.name, depth);
    return depth;
  };
  lane.forEach(depthOf);
  return depths;
}
