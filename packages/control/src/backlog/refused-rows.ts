import type { RefusedRow } from "@nofx/core/api";
import type { SortedOut } from "@nofx/core/backlog-import";
import type { Issue } from "@nofx/core/errors";
import type { ReadBacklog } from "./read-backlog.ts";

const MAX_REFUSED = 1_000;

/** The rows that cannot be imported, as they stand in the file: the first thousand. */
export function refusedRows(read: ReadBacklog, bad: SortedOut["bad"]): RefusedRow[] {
  const items = (read.document as { items?: unknown[] } | null)?.items ?? [];
  return [...bad]
    .sort(([a], [b]) => a - b)
    .slice(0, MAX_REFUSED)
    .map(([row, issues]) => ({
      place: read.placeOf(row),
      item: issues[0]?.item ?? `#${row + 1}`,
      title: titleOf(items[row]),
      issues: issues.map(fieldOf),
      cells: read.cellsOf(row)?.slice() ?? null,
    }));
}

/** Which field of its row an issue is about. */
export function fieldOf({ path, message }: Issue): { field: string; message: string } {
  const field = /^\/items\/\d+\/([^/]+)/.exec(path)?.[1] ?? "row";
  return { field, message };
}

/** Issues with the places of the file in place of those of the document that was made from it. */
export function inTheFile(read: ReadBacklog, issues: readonly Issue[]): Issue[] {
  const unit = COUNTS[read.format];
  if (unit === "item") return [...issues];
  return issues.map((issue) => {
    const [, row, rest] = /^\/items\/(\d+)(.*)$/s.exec(issue.path) ?? [];
    if (row === undefined) return issue;
    const place = read.placeOf(Number(row));
    const item = issue.item?.startsWith("#") ? `${unit} ${place}` : issue.item;
    const path = `/${unit}s/${place}${rest ?? ""}`;
    return { ...issue, path, message: `${unit} ${place}: ${issue.message}`, ...(item && { item }) };
  });
}

/** What rows of each format are counted by. */
export const COUNTS = {
  json: "item",
  yaml: "item",
  csv: "row",
  markdown: "line",
  github: "issue",
} as const;

function titleOf(raw: unknown): string {
  const title = (raw as { title?: unknown } | null)?.title;
  return typeof title === "string" ? title.slice(0, 500).toWellFormed() : "";
}
