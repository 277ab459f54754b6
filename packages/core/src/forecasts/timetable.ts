import { analyse, best, type ScheduleState } from "../planner/schedule/index.ts";
import type { PlanProblem } from "./schedule-problem.ts";

/** When each step of a plan starts if all take what is expected of them, in the order of the steps. */
export interface Timetable {
  readonly makespanMs: number;
  /** No schedule is shorter. */
  readonly lowerBoundMs: number;
  readonly startMs: readonly number[];
  /** How much later each can start without the plan ending later. */
  readonly slackMs: readonly number[];
  readonly critical: readonly boolean[];
}

/** The best schedule that a search has found, in milliseconds. */
export function timetableOf({ problem, unitMs }: PlanProblem, state: ScheduleState): Timetable {
  const { makespan, starts } = best(state);
  const { slack, critical } = analyse(problem, starts);
  return {
    makespanMs: makespan * unitMs,
    lowerBoundMs: state.lowerBound * unitMs,
    startMs: problem.tasks.map(({ id }) => (starts[id] ?? 0) * unitMs),
    slackMs: Array.from(slack, (units) => units * unitMs),
    critical,
  };
}
