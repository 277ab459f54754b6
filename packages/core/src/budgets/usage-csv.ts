import type { UsageRow, UsageSums, UsageView } from "../api/usage.ts";

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

/** Usage for a spreadsheet: a line a row, the sum last; amounts as they are, to the picodollar. */
export function usageCsv(view: Pick<UsageView, "by" | "rows" | "rest" | "total">): string {
  const sums = (of: UsageSums) => COLUMNS.map((name) => of[name]);
  const lines = [
    [view.by, "name", ...COLUMNS],
    ...view.rows.map((row) => [row.key ?? "", row.name ?? "", ...sums(row)]),
    ...(view.rest.calls > 0 ? [["rest", "", ...sums(view.rest)]] : []),
    ["total", "", ...sums(view.total)],
  ];
  return `${lines.map((cells) => cells.map(cell).join(",")).join("\n")}\n`;
}

/** A text that a spreadsheet would take for a formula is marked as text. */
function cell(value: string | number): string {
  const text = String(value);
  const safe = /^[=+\-@\t\r]/.test(text) ? `'${text}` : text;
  return /[",\n\r]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}
