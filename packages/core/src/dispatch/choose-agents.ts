import type { Random } from "../seams/index.ts";
import type { ChosenAgent } from "./choice.ts";
import { drawBeta } from "./draw.ts";
import { utilityOf, type Weights } from "./utility.ts";

/** An agent of a capability that is there, as it was measured. */
export interface AgentCandidate {
  readonly agentId: string;
  readonly name: string;
  /** Attempts measured, and what is believed of it; null where nobody knows. */
  readonly samples: number;
  readonly success: number | null;
  readonly latencyMs: number | null;
  readonly costPico: number | null;
  /** How many steps it can hold at once, and how many it holds. */
  readonly slots: number;
  readonly held: number;
}

const MOST = 20;
/** What is taken for granted of an agent that nothing is known of: worth so many attempts. */
const UNKNOWN = { success: 0.8, worth: 4 } as const;
/** Older attempts say less of an agent: no more than these count. */
const MOST_SAMPLES = 50;
/** The weight of one that has no slot left, beside one that has all. */
const FULL = 0.02;

/**
 * Agents in the order of a weighted draw: the better one is and the more of its slots are free, the sooner it comes. Drawn and not
 * sorted, so that not all who choose at the same moment choose the same one.
 */
export function chooseAgents(
  candidates: readonly AgentCandidate[],
  weights: Weights,
  random: Random,
): ChosenAgent[] {
  const typical = medianLatency(candidates);
  const scored = candidates.map((candidate) => {
    const share = shareOf(candidate, typical, weights, random);
    return { candidate, weight: share * share * Math.max(FULL, freeOf(candidate)) };
  });
  const total = scored.reduce((sum, { weight }) => sum + weight, 0);
  return scored
    .map(({ candidate, weight }) => ({
      agentId: candidate.agentId,
      name: candidate.name,
      weight: Math.round((weight / total) * 10_000) / 10_000,
      why: tellWhy(candidate),
      // without replacement, by weight (Efraimidis and Spirakis, 2006)
      key: Math.log(1 - random()) / weight,
    }))
    .toSorted((a, b) => b.key - a.key)
    .slice(0, MOST)
    .map(({ key: _, ...agent }) => agent);
}

function freeOf({ slots, held }: AgentCandidate): number {
  return Math.max(0, slots - held) / Math.max(1, slots);
}

/** What a step by this agent is worth, drawn from what is believed of it, as a share of the most that it could be. */
function shareOf(
  { samples, success, latencyMs, costPico }: AgentCandidate,
  typical: number,
  weights: Weights,
  random: Random,
): number {
  const counted = success === null ? 0 : Math.min(MOST_SAMPLES, samples);
  const believed = success ?? UNKNOWN.success;
  const worth = UNKNOWN.worth + counted;
  const drawn = drawBeta(
    random,
    Math.max(0.05, believed * worth),
    Math.max(0.05, (1 - believed) * worth),
  );
  const seconds = (latencyMs ?? typical) / 1_000;
  const utility = utilityOf({ success: drawn, seconds, costUsd: (costPico ?? 0) / 1e12 }, weights);
  // the quicker of two that are as good comes first, although a second of waiting is worth next to nothing
  const pace = Math.min(2, Math.max(0.5, Math.sqrt(typical / Math.max(1, latencyMs ?? typical))));
  return Math.max(0.02, utility / weights.successUsd) * pace;
}

function medianLatency(candidates: readonly AgentCandidate[]): number {
  const known = candidates
    .flatMap(({ latencyMs }) => (latencyMs === null ? [] : [latencyMs]))
    .toSorted((a, b) => a - b);
  return Math.max(1, known[known.length >> 1] ?? 1_000);
}

function tellWhy({ samples, success, latencyMs, costPico, slots, held }: AgentCandidate): string {
  const load = `holds ${held} of ${slots}`;
  if (success === null || samples === 0) return `nothing measured yet; ${load}`;
  const parts = [`${Math.round(success * 100)} % of ${samples} succeeded`];
  if (latencyMs !== null) parts.push(`${Math.round(latencyMs) / 1_000} s`);
  if (costPico !== null) parts.push(`$${(costPico / 1e12).toFixed(4)} a step`);
  return `${parts.join(", ")}; ${load}`;
}
