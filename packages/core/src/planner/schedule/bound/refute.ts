import { at } from "../../digraph.ts";
import type { Project } from "../project.ts";
import type { Apart } from "./tasks-apart.ts";
import { intervalBound } from "./interval-bound.ts";
import { narrowWindows, type Pair, type TimeWindows } from "./narrow-windows.ts";
import type { Resource, Windows } from "./resource.ts";
import { shaveWindows } from "./shave-windows.ts";

const SHAVING_ROUNDS = 5;

/** Whether it can be shown that no schedule is that short. False says nothing. */
export type Refute = (length: number) => boolean;

/** By narrowing and shaving windows, and by the work that is left to do within intervals. */
export function refuteBy(
  project: Project,
  windows: Windows,
  apart: Apart,
  resources: readonly Resource[],
): Refute {
  const pairs = pairsOf(project, apart);
  return (length) => isRefuted(project, windows, pairs, resources, length);
}

function pairsOf({ size, duration }: Project, { linked, any }: Apart): Pair[] {
  const pairs: Pair[] = [];
  for (let a = 0; a < size; a++) {
    for (let b = 0; b < a; b++) {
      const place = a * size + b;
      if (any[place] === 1 && linked[place] === 0 && at(duration, a) > 0 && at(duration, b) > 0) {
        pairs.push([a, b]);
      }
    }
  }
  return pairs;
}

function isRefuted(
  project: Project,
  { duration, heads, tails }: Windows,
  pairs: readonly Pair[],
  resources: readonly Resource[],
  length: number,
): boolean {
  const narrow: TimeWindows = { heads: heads.slice(), ends: tails.map((tail) => length - tail) };
  if (!narrowWindows(project, pairs, narrow, length)) return true;
  for (let round = 0; round < SHAVING_ROUNDS; round++) {
    if (!shaveWindows(project, pairs, narrow, length)) return true;
  }
  const within = { duration, heads: narrow.heads, tails: narrow.ends.map((end) => length - end) };
  return resources.some((resource) => intervalBound(within, resource, length) > length);
}
