import type { HierarchyNode } from "@nofx/core/api";

const REM_A_LEVEL = 1.25;
/** Deeper levels stand no further to the right: the page would end. */
const MOST_LEVELS = 12;

/** How far to the right a place stands, in rem. */
export function indentOf(depth: number): number {
  return Math.min(depth, MOST_LEVELS) * REM_A_LEVEL;
}

export function sayStrategy(session: NonNullable<HierarchyNode["session"]>): string {
  const { strategy, mode, rounds } = session;
  if (strategy === "swarm" && mode !== null) return `swarm, ${mode.replaceAll("_", " ")}`;
  if (strategy === "pair" && rounds > 0) {
    return `pair, ${rounds} ${rounds === 1 ? "round" : "rounds"}`;
  }
  return strategy;
}
