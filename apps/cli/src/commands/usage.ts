import type { UsageDimension, UsageRow } from "@nofx/core/api";
import { usageCsv } from "@nofx/core/budgets";
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

/** `nofx usage`. */
export async function usage(options: UsageOptions): Promise<void> {
  const { api } = await connectRunning("operator");
  const { by, from, to, run, agent, model, limit } = options;
  const view = await api.usage({ by, from, to, runId: run, agentId: agent, model, limit });
  if (options.json === true) return console.log(JSON.stringify(view));
  if (options.csv === true) return console.log(usageCsv(view).trimEnd());
  if (view.total.calls === 0) return console.log("No model was asked in that time.");
  const rows = view.rows.map((row) => [
    `$${row.costUsd}`,
    bold(printable(nameOf(row))),
    callsOf(row.calls),
    `${tokensOf(row)} tokens`,
    row.unpriced === 0 ? "" : yellow(`${row.unpriced} without a price`),
  ]);
  for (const line of columns(rows)) console.log(line);
  if (view.rest.calls > 0) console.log(`$${view.rest.costUsd} of the rest`);
  console.log(`${bold(`$${view.total.costUsd}`)} in all, ${callsOf(view.total.calls)}`);
  console.log(dim(`${view.from} to ${view.to}, ${view.timeZone}`));
}

const nameOf = (row: UsageRow) => row.name ?? row.key ?? "(none)";

const tokensOf = (row: UsageRow) =>
  row.inputTokens +
  row.cacheReadTokens +
  row.cacheWriteTokens +
  row.outputTokens +
  row.reasoningTokens;

function callsOf(count: number): string {
  return `${count} ${count === 1 ? "call" : "calls"}`;
}
