import { at } from "../digraph.ts";
import { type LowerBound, lowerBoundOf } from "./bound/lower-bound.ts";
import { constructSchedule } from "./construct.ts";
import { GeneticSearch, scratchFor } from "./genetic-search.ts";
import { LargeSearch } from "./large-search.ts";
import { ParallelScheduler } from "./parallel-scheduler.ts";
import type { ScheduleProblem } from "./problem.ts";
import { type Project, toProject } from "./project.ts";
import type { Search } from "./search.ts";

/** Projects beyond are improved as a whole: breeding would take too long to show. */
const MAX_SIZE_TO_BREED = 2_000;

/** After so many iterations the lower bound is tightened: what is easy has been found by then. */
const ITERATIONS_TO_TIGHTEN = 1_000;

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
  /** @internal */
  readonly bound: LowerBound;
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
  let { bound, iterations } = state;
  const end = iterations + count;
  while (iterations < end && search.best.makespan > bound.value) {
    search.step();
    iterations++;
    if (iterations % ITERATIONS_TO_TIGHTEN === 0) bound = bound.tighten(search.best.makespan);
  }
  return stateOf(state.problem, search, bound, iterations);
}

function stateOf(
  problem: ScheduleProblem,
  search: Search,
  bound: LowerBound,
  iterations: number,
): ScheduleState {
  const { makespan } = search.best;
  const lowerBound = bound.value;
  const optimal = makespan === lowerBound;
  return { problem, makespan, lowerBound, iterations, optimal, search, bound };
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

/** No schedule of the problem is shorter. Takes the time to tighten the bound as far as it goes. */
export function lowerBound(problem: ScheduleProblem): number {
  const state = start(problem, 1);
  for (let bound = state.bound; ;) {
    const next = bound.tighten(state.makespan);
    if (next === bound) return bound.value;
    bound = next;
  }
}
