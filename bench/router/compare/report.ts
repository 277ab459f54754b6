import { usdOfPico } from "@nofx/core/model-router";
import type { ReplayedCall, ReplaySummary } from "@nofx/core/model-router/replay";

export interface Compared {
  readonly v1: ReplaySummary;
  readonly v2: ReplaySummary;
  /** How many calls another model answered. */
  readonly elsewhere: number;
}

export const countElsewhere = (v1: readonly ReplayedCall[], v2: readonly ReplayedCall[]) =>
  v1.filter(({ by }, i) => by !== v2[i]?.by).length;

/** A table, for people. */
export function tellTable({ v1, v2, elsewhere }: Compared): string {
  const usd = (pico: bigint) => Number(usdOfPico(pico));
  const perThousand = ({ cost, answered }: ReplaySummary) =>
    answered === 0 ? null : (usd(cost) / answered) * 1_000;
  const rows: [string, number | null, number | null, number][] = [
    ["answered", v1.answered, v2.answered, 0],
    ["errors: no answer", v1.unanswered, v2.unanswered, 0],
    ["of these no route", v1.refused, v2.refused, 0],
    ["errors: failed attempts", v1.failedAttempts, v2.failedAttempts, 0],
    ["cost, USD", usd(v1.cost), usd(v2.cost), 4],
    ["cost of 1,000 answers, USD", perThousand(v1), perThousand(v2), 4],
    ["answers without a known price", v1.unpriced, v2.unpriced, 0],
    ["latency p50, ms", v1.p50Ms, v2.p50Ms, 0],
    ["latency p95, ms", v1.p95Ms, v2.p95Ms, 0],
    ["quality, mean", v1.quality, v2.quality, 3],
  ];
  const cell = (value: number | null, digits: number) =>
    value === null
      ? "-"
      : value.toLocaleString("en", {
          minimumFractionDigits: digits,
          maximumFractionDigits: digits,
        });
  const lines = rows.map(
    ([name, one, two, digits]) =>
      `| ${name} | ${cell(one, digits)} | ${cell(two, digits)} | ${difference(one, two)} |`,
  );
  return [
    `| ${v1.calls.toLocaleString("en")} calls | v1 | v2 | difference |`,
    "|---|---:|---:|---:|",
    ...lines,
    "",
    `Another model answered ${elsewhere.toLocaleString("en")} of them.`,
    `v1: ${sharesOf(v1)}`,
    `v2: ${sharesOf(v2)}`,
  ].join("\n");
}

function difference(one: number | null, two: number | null): string {
  if (one === null || two === null || one === two) return "";
  if (one === 0) return "new";
  const percent = (100 * (two - one)) / one;
  return `${percent > 0 ? "+" : ""}${percent.toFixed(1)} %`;
}

const sharesOf = ({ shares, answered }: ReplaySummary) =>
  shares.map(({ id, answers }) => `${id} ${Math.round((100 * answers) / answered)} %`).join(", ") ||
  "nobody";

/** One object, for programs. */
export function tellJson({ v1, v2, elsewhere }: Compared): string {
  const plain = (summary: ReplaySummary) => ({
    ...summary,
    cost: undefined,
    costUsd: usdOfPico(summary.cost),
  });
  return JSON.stringify({ v1: plain(v1), v2: plain(v2), elsewhere });
}
