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

export function sayCost(usd: string | null | undefined): string {
  const amount = Number(usd ?? 0);
  if (amount === 0) return "–";
  return amount < 0.01 ? `$${amount.toPrecision(2)}` : `$${amount.toFixed(2)}`;
}
