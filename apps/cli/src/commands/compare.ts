import { randomUUID } from "node:crypto";
import type { ComparisonRowView, ComparisonView } from "@nofx/core/api";
import { connectRunning } from "../client/connect-running.ts";
import { bold, columns, dim, green, printable, red, yellow } from "../terminal/style.ts";

export interface CompareOptions {
  models?: string[];
  items?: string[];
  seed?: number;
  json?: boolean;
}

/** Those that need no key and no network. */
const OFFLINE = ["simulated/careful", "simulated/hasty", "simulated/broken"];

/** `nofx compare PACK`: the same question for a plan to several models. */
export async function compare(pack: string, options: CompareOptions): Promise<void> {
  const { api, addresses } = await connectRunning("operator");
  const comparison = await api.startComparison(
    {
      pack,
      models: options.models ?? OFFLINE,
      ...(options.items !== undefined && { items: options.items }),
      ...(options.seed !== undefined && { seed: options.seed }),
    },
    randomUUID(),
  );
  if (options.json === true) return console.log(JSON.stringify(comparison));
  for (const line of linesOf(comparison)) console.log(line);
  console.log(dim(`${addresses.dashboard}/plans/comparisons/${comparison.id}`));
}

/** One line a model, with why below it; the first line is our own plan. */
export function linesOf({ own, rows }: ComparisonView): string[] {
  const table = columns([
    [
      green("ours"),
      bold("NOFX"),
      "",
      "",
      `${own.steps} steps`,
      span(own.makespanSeconds),
      own.verdict,
    ],
    ...rows.map((row) => [
      paintOf(row)(row.status),
      bold(printable(row.model)),
      row.latencyMs === null ? "" : `${row.latencyMs} ms`,
      row.costUsd === null ? "" : `$${row.costUsd}`,
      row.plan === null ? "" : `${row.plan.steps} steps`,
      row.plan === null ? "" : span(row.plan.makespanSeconds),
      row.plan === null ? "" : `${row.plan.verdict}; ${differs(row)}`,
    ]),
  ]);
  const notes = rows.flatMap(({ model, error, reasons, repairs }) => [
    ...(error === null ? [] : [`${model}: ${error.message}`]),
    ...reasons.map(
      ({ item, message }) => `${model}: ${item === null ? "" : `${item}: `}${message}`,
    ),
    ...(repairs.length === 0
      ? []
      : [`${model}: mended: ${[...new Set(repairs.map(({ kind }) => kind))].join(", ")}`]),
  ]);
  return [...table, ...notes.map((note) => dim(printable(note)))];
}

function differs({ differences }: ComparisonRowView): string {
  if (differences === null) return "";
  const { added, removed, moved, changed } = differences.counts;
  const said = Object.entries({ added, removed, moved, changed }).flatMap(([what, count]) =>
    count > 0 ? [`${count} ${what}`] : [],
  );
  return said.length === 0 ? "as ours" : said.join(", ");
}

function paintOf({ status }: ComparisonRowView): (text: string) => string {
  if (status === "usable") return green;
  return status === "refused" || status === "failed" ? red : yellow;
}

const span = (seconds: number | null) => (seconds === null ? "" : `${Math.round(seconds)} s`);
