import { pointer, type Issue } from "../errors/index.ts";
import { BacklogDocument, MAX_IMPORT_ITEMS } from "../vocabulary/index.ts";
import { checkNeeds, type KnownItems } from "./check-needs.ts";
import { parseRow, type ValidItem } from "./parse-row.ts";

export type BacklogValidation =
  | { ok: true; document: BacklogDocument; items: ValidItem[] }
  | { ok: false; issues: Issue[] };

export const MAX_BACKLOG_ISSUES = 1_000;

/**
 * Parses a backlog document and every row of it, and names every offending item at once: rows that don't parse,
 * duplicate ids, needs that don't exist or form loops, artifacts from items that aren't needed.
 * `known` are items imported earlier, which rows may need; a row replaces a known item of the same id.
 */
export function validateBacklog(document: unknown, known?: KnownItems): BacklogValidation {
  const parsed = BacklogDocument.safeParse(document);
  const issues: Issue[] = parsed.success
    ? []
    : parsed.error.issues
        .slice(0, 100)
        .map((issue) => ({ path: pointer(issue.path), message: issue.message }));
  const rows = rowsOf(document).map(parseRow);
  for (const row of rows) issues.push(...row.issues);
  issues.push(...checkNeeds(rows, known));

  if (parsed.success && issues.length === 0) {
    const items = rows.flatMap((row) => (row.item === undefined ? [] : [row.item]));
    return { ok: true, document: parsed.data, items };
  }
  return { ok: false, issues: capped(inRowOrder(issues)) };
}

function rowsOf(document: unknown): readonly unknown[] {
  if (typeof document !== "object" || document === null || !("items" in document)) return [];
  const { items } = document;
  return Array.isArray(items) && items.length <= MAX_IMPORT_ITEMS ? items : [];
}

/** Issues about the document first, then row by row; within a row as they were found. */
function inRowOrder(issues: readonly Issue[]): Issue[] {
  const rowOf = (issue: Issue) => Number(/^\/items\/(\d+)/.exec(issue.path)?.[1] ?? -1);
  return issues
    .map((issue, found) => ({ issue, found, row: rowOf(issue) }))
    .sort((a, b) => a.row - b.row || a.found - b.found)
    .map(({ issue }) => issue);
}

function capped(issues: Issue[]): Issue[] {
  const more = issues.length - MAX_BACKLOG_ISSUES;
  if (more <= 0) return issues;
  const message = `and ${more.toLocaleString("en")} more`;
  return [...issues.slice(0, MAX_BACKLOG_ISSUES), { path: "/items", message }];
}
