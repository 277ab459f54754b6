import type { Estimate } from "../estimates/index.ts";
import type { PlannedStep } from "../planner/planned-step.ts";
import { MAX_TIME, type ScheduleProblem, type ScheduleTask } from "../planner/schedule/problem.ts";
import { planResources, type Capacities, type PlanResource } from "./capacities.ts";

/** A plan as the scheduler reads it. */
export interface PlanProblem {
  readonly problem: ScheduleProblem;
  /** What one unit of the problem's time is. */
  readonly unitMs: number;
  readonly resources: readonly PlanResource[];
  readonly unoffered: readonly string[];
  readonly noWorker: boolean;
}

/** From exact to coarse: time has to fit into the scheduler's numbers, however long the plan is. */
const UNITS_MS = [1, 10, 100, 1_000, 10_000, 60_000, 600_000, 3_600_000, 86_400_000] as const;

/**
 * Steps with the middle of their estimates as durations. `steps` are in plan order, in which a step comes behind what it needs: needs that do
 * not (loops, which the structural gate blocks) are left out.
 */
export function planProblem(
  steps: readonly PlannedStep[],
  estimates: readonly Estimate[],
  capacities: Capacities,
): PlanProblem {
  const durations = estimates.map(({ durationMs }) => durationMs.p50);
  const { resources, held, unoffered, noWorker } = planResources(steps, durations, capacities);
  const total = durations.reduce((sum, ms) => sum + ms, 0);
  const unitMs = UNITS_MS.find((ms) => total / ms + steps.length < MAX_TIME) ?? 86_400_000;
  const placeOf = new Map(steps.map(({ name }, place) => [name, place]));
  const tasks = steps.map(({ name, needs }, place): ScheduleTask => ({
    id: name,
    duration: Math.ceil((durations[place] ?? 0) / unitMs),
    requires: Object.fromEntries((held[place] ?? []).map((resource) => [resource, 1])),
    after: needs.filter((need) => (placeOf.get(need) ?? Infinity) < place),
  }));
  const capacityOf = Object.fromEntries(resources.map(({ name, capacity }) => [name, capacity]));
  return { problem: { resources: capacityOf, tasks }, unitMs, resources, unoffered, noWorker };
}
