import type { PicoUsd } from "../money.ts";
import type { ReplayedCall } from "./answer-call.ts";

/** What a way of routing made of some traffic. */
export interface ReplaySummary {
  readonly calls: number;
  readonly answered: number;
  /** No route, or every route failed. */
  readonly unanswered: number;
  /** Of these: no route. */
  readonly refused: number;
  /** Attempts that failed, whether another answered or not. */
  readonly failedAttempts: number;
  readonly cost: PicoUsd;
  /** Answers whose price nobody knows: they are not in the cost. */
  readonly unpriced: number;
  readonly p50Ms: number | null;
  readonly p95Ms: number | null;
  /** The mean of the answers whose quality is known. */
  readonly quality: number | null;
  /** How many answers are whose, the most first. */
  readonly shares: readonly { readonly id: string; readonly answers: number }[];
}

export function sumUp(calls: readonly ReplayedCall[]): ReplaySummary {
  const answered = calls.filter(({ by }) => by !== null);
  const latencies = answered.map(({ latencyMs }) => latencyMs).toSorted((a, b) => a - b);
  const qualities = answered
    .map(({ quality }) => quality)
    .filter((quality): quality is number => quality !== null);
  const shares = [...Map.groupBy(answered, ({ by }) => by ?? "")]
    .map(([id, of]) => ({ id, answers: of.length }))
    .toSorted((a, b) => b.answers - a.answers || (a.id < b.id ? -1 : 1));
  return {
    calls: calls.length,
    answered: answered.length,
    unanswered: calls.length - answered.length,
    refused: calls.filter(({ refused }) => refused).length,
    failedAttempts: calls.reduce(
      (sum, { attempts }) => sum + attempts.filter(({ ok }) => !ok).length,
      0,
    ),
    cost: answered.reduce((sum, { cost }) => sum + cost, 0n),
    unpriced: answered.filter(({ unpriced }) => unpriced).length,
    p50Ms: at(latencies, 0.5),
    p95Ms: at(latencies, 0.95),
    quality:
      qualities.length === 0 ? null : qualities.reduce((a, b) => a + b, 0) / qualities.length,
    shares,
  };
}

/** The value that a share `q` of them does not exceed. */
const at = (sorted: readonly number[], q: number): number | null =>
  sorted[Math.max(0, Math.ceil(sorted.length * q) - 1)] ?? null;
