import type { UsageDimension, UsageRow, UsageView } from "@nofx/core/api";
import { connectRunning } from "../client/connect-running.ts";
import { bold, columns, dim, printable, yellow } from "../terminal/style.ts";

export interface UsageOptions {
  by: UsageDimension;
  from?: string;
  to?: string;
  run?: string;
  agent?: string;
  model?: string;
  limit: number;
  csv?: boolean;
  json?: boolean;
}

const COLUMNS = [
  "calls",
  "failed",
  "cached",
  "inputTokens",
  "cacheReadTokens",
  "cacheWriteTokens",
  "outputTokens",
  "reasoningTokens",
  "costUsd",
  "unpriced",
] as const satisfies readonly (keyof UsageRow)[];

/** `nofx usage`. */
export async function usage(options: UsageOptions): Promise<void> {
  const { api } = await connectRunning("operator");
  const { by, from, to, run, agent, model, limit } = options;
  const view = await api.usage({ by, from, to, runId: run, agentId: agent, model, limit });
  if (options.json === true) return console.log(JSON.stringify(view));
  if (options.csv === true) return console.log(csvOf(view));
  if (view.total.calls === 0) return console.log("No model was asked in that time.");
  const rows = view.rows.map((row) => [
    `$${row.costUsd}`,
    bold(printable(nameOf(row))),
    `${row.calls} calls`,
    `${tokensOf(row)} tokens`,
    row.unpriced === 0 ? "" : yellow(`${row.unpriced} without a price`),
  ]);
  for (const line of columns(rows)) console.log(line);
  if (view.rest.calls > 0) console.log(`$${view.rest.costUsd} of the rest`);
  console.log(`${bold(`$${view.total.costUsd}`)} in all, ${view.total.calls} calls`);
  console.log(dim(`${view.from} to ${view.to}, ${view.timeZone}`));
}

/** One line a row, the sum last; amounts as they are, to the picodollar. */
function csvOf(view: UsageView): string {
  const line = (cells: readonly (string | number)[]) => cells.map(cell).join(",");
  return [
    line([view.by, "name", ...COLUMNS]),
    ...view.rows.map((row) =>
      line([row.key ?? "", row.name ?? "", ...COLUMNS.map((name) => row[name])]),
    ),
    ...(view.rest.calls > 0 ? [line(["rest", "", ...COLUMNS.map((name) => view.rest[name])])] : []),
    line(["total", "", ...COLUMNS.map((name) => view.total[name])]),
  ].join("\n");
}

/** A text that a spreadsheet would take for a formula is marked as text. */
function cell(value: string | number): string {
  const text = String(value);
  const safe = /^[=+\-@\t\r]/.test(text) ? `'${text}` : text;
  return /[",\n\r]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}

const nameOf = (row: UsageRow) => row.name ?? row.key ?? "(none)";

const tokensOf = (row: UsageRow) =>
  row.inputTokens +
  row.cacheReadTokens +
  row.cacheWriteTokens +
  row.outputTokens +
  row.reasoningTokens;
