import { at } from "../../digraph.ts";
import { earliestStarts } from "../earliest-starts.ts";
import type { Project } from "../project.ts";
import { countResources, plainResources } from "./derived-resources.ts";
import { refuteBy, type Refute } from "./refute.ts";
import { tasksApart } from "./tasks-apart.ts";
import { disjunctiveSets } from "./disjunctive-sets.ts";
import { intervalBound } from "./interval-bound.ts";
import type { Resource, Windows } from "./resource.ts";

/** Projects beyond have the bounds that take linear time, and no others. */
const MAX_SIZE = 2_000;
const MAX_SIZE_OF_SETS = 500;
const MAX_SIZE_TO_NARROW = 64;
const MAX_HORIZON_TO_NARROW = 4_000;

/** No schedule is shorter than its value. It can be tightened; it is never changed, only replaced. */
export class LowerBound {
  readonly value: number;
  readonly #refute: Refute | undefined;
  /** The shortest length that was tried and could not be refuted. */
  readonly #open: number;

  constructor(value: number, refute: Refute | undefined, open = Infinity) {
    this.value = value;
    this.#refute = refute;
    this.#open = open;
  }

  /**
   * Destructive improvement (R. Klein, A. Scholl, Computing lower bounds by destructive improvement, 1999): tries the length
   * half-way to a schedule's `makespan`. Where that is refuted the bound is above it. Answers itself once nothing is left to try.
   */
  tighten(makespan: number): LowerBound {
    const open = Math.min(this.#open, makespan);
    if (this.#refute === undefined || this.value >= open) return this;
    const length = (this.value + open) >> 1;
    return this.#refute(length)
      ? new LowerBound(length + 1, this.#refute, open)
      : new LowerBound(this.value, this.#refute, length);
  }
}

/**
 * The longest of the critical path, of the work that each resource has to do within any interval, the same for what follows
 * from the resources (see `countResources`), and for sets of tasks of which no two may run together.
 */
export function lowerBoundOf(project: Project): LowerBound {
  const { size, duration, before, after, topological, horizon } = project;
  const heads = earliestStarts({ duration, before }, topological);
  const tails = earliestStarts({ duration, before: after }, topological.toReversed());
  const windows: Windows = { duration, heads, tails };
  const resources = plainResources(project);
  const simple = Math.max(
    criticalPath(windows),
    ...resources.map((resource) => workBound(windows, resource)),
  );
  if (size > MAX_SIZE) return new LowerBound(simple, undefined);
  const derived = [...resources, ...countResources(project)];
  if (size > MAX_SIZE_OF_SETS) {
    return new LowerBound(intervalBounds(windows, derived, simple), undefined);
  }
  const apart = tasksApart(project);
  derived.push(...disjunctiveSets(project, apart));
  const narrows = size <= MAX_SIZE_TO_NARROW && horizon <= MAX_HORIZON_TO_NARROW;
  return new LowerBound(
    intervalBounds(windows, derived, simple),
    narrows ? refuteBy(project, windows, apart, derived) : undefined,
  );
}

function criticalPath({ duration, heads, tails }: Windows): number {
  let longest = 0;
  for (let task = 0; task < duration.length; task++) {
    longest = Math.max(longest, at(heads, task) + at(duration, task) + at(tails, task));
  }
  return longest;
}

function intervalBounds(windows: Windows, resources: readonly Resource[], bound: number): number {
  return resources.reduce((proven, resource) => intervalBound(windows, resource, proven), bound);
}

function workBound({ duration, heads, tails }: Windows, resource: Resource): number {
  let head = Infinity;
  let tail = Infinity;
  let work = 0;
  for (let i = 0; i < resource.tasks.length; i++) {
    const task = at(resource.tasks, i);
    head = Math.min(head, at(heads, task));
    tail = Math.min(tail, at(tails, task));
    work += at(resource.units, i) * at(duration, task);
  }
  return work === 0 ? 0 : head + Math.ceil(work / resource.capacity) + tail;
}
