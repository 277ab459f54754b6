import type { Option } from "../option.ts";

export type Compare = (a: Option, b: Option) => number;

/** What is degraded comes behind what is not. */
export const byHealth: Compare = (a, b) => tierOf(a) - tierOf(b);
const tierOf = ({ candidate }: Option) => (candidate.health.state === "degraded" ? 1 : 0);

/** The cheapest first, what has no price last. */
export const byCost: Compare = ({ estimatedCost: a }, { estimatedCost: b }) => {
  if (a === undefined || b === undefined) return rankOfUnknown(a === undefined, b === undefined);
  return a < b ? -1 : a > b ? 1 : 0;
};

/** The quickest first, what nobody measured last. */
export const byLatency =
  (percentile: "p50" | "p95"): Compare =>
  (a, b) => {
    const [left, right] = [latencyOf(a, percentile), latencyOf(b, percentile)];
    if (left === null || right === null) return rankOfUnknown(left === null, right === null);
    return left - right;
  };

export const latencyOf = ({ candidate }: Option, percentile: "p50" | "p95") =>
  percentile === "p50" ? candidate.health.p50Ms : candidate.health.p95Ms;

/** The best first, what nobody judged last. */
export const byQuality: Compare = ({ candidate: a }, { candidate: b }) => {
  if (a.quality === null || b.quality === null) {
    return rankOfUnknown(a.quality === null, b.quality === null);
  }
  return b.quality - a.quality;
};

export const byErrors: Compare = (a, b) =>
  a.candidate.health.errorRate - b.candidate.health.errorRate;

/** So that the order of candidates never decides. */
export const byName: Compare = (a, b) => (a.id < b.id ? -1 : a.id > b.id ? 1 : 0);

export const inTurn =
  (...compares: readonly Compare[]): Compare =>
  (a, b) => {
    for (const compare of compares) {
      const order = compare(a, b);
      if (order !== 0) return order;
    }
    return 0;
  };

const rankOfUnknown = (a: boolean, b: boolean) => Number(a) - Number(b);
