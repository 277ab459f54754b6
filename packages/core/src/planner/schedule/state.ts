import { at } from "../digraph.ts";
import { lowerBoundOf } from "./bound/lower-bound.ts";
import { constructSchedule } from "./construct.ts";
import { GeneticSearch, scratchFor } from "./genetic-search.ts";
import { LargeSearch } from "./large-search.ts";
import { ParallelScheduler } from "./parallel-scheduler.ts";
import type { ScheduleProblem } from "./problem.ts";
import { type Project, toProject } from "./project.ts";
import type { Search } from "./search.ts";

/** Projects beyond are improved as a whole: breeding would take too long to show. */
const MAX_SIZE_TO_BREED = 2_000;

/** How far a search has come. It is never changed: `improve` answers another one. */
export interface ScheduleState {
  readonly problem: ScheduleProblem;
  readonly makespan: number;
  readonly lowerBound: number;
  /** Those done so far; after the optimum is proven there are none. */
  readonly iterations: number;
  /** The makespan is the lower bound: no schedule is shorter. */
  readonly optimal: boolean;
  /** @internal */
  readonly search: Search;
}

/** The state before the first iteration, with the schedule of a priority rule. Only for what `checkProblem` finds sound. */
export function start(problem: ScheduleProblem, seed: number): ScheduleState {
  const project = toProject(problem);
  return stateOf(problem, searchFor(project, seed), lowerBoundOf(project), 0);
}

function searchFor(project: Project, seed: number): Search {
  const scheduler = new ParallelScheduler(project);
  const first = constructSchedule(project, scheduler);
  return project.size > MAX_SIZE_TO_BREED
    ? new LargeSearch(project, scheduler, seed, first)
    : new GeneticSearch(scratchFor(project), seed, first);
}

/** `count` iterations on: for equal states the same, and `improve(improve(s, a), b)` is `improve(s, a + b)`. */
export function improve(state: ScheduleState, count: number): ScheduleState {
  const search = state.search.clone();
  let done = 0;
  while (done < count && search.best.makespan > state.lowerBound) {
    search.step();
    done++;
  }
  return stateOf(state.problem, search, state.lowerBound, state.iterations + done);
}

function stateOf(
  problem: ScheduleProblem,
  search: Search,
  lowerBound: number,
  iterations: number,
): ScheduleState {
  const { makespan } = search.best;
  const optimal = makespan === lowerBound;
  return { problem, makespan, lowerBound, iterations, optimal, search };
}

export interface Schedule {
  readonly makespan: number;
  /** By task id. */
  readonly starts: Readonly<Record<string, number>>;
}

/** The shortest schedule found so far. */
export function best({ problem, search }: ScheduleState): Schedule {
  const { starts, makespan } = search.best;
  return {
    makespan,
    starts: Object.fromEntries(problem.tasks.map(({ id }, i) => [id, at(starts, i)])),
  };
}

/** No schedule of the problem is shorter. */
export function lowerBound(problem: ScheduleProblem): number {
  return lowerBoundOf(toProject(problem));
}
