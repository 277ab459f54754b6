import { pointer, sayIssue, type Issue } from "../errors/index.ts";
import { BacklogDocument, MAX_IMPORT_ITEMS } from "../vocabulary/index.ts";
import { checkNeeds, type KnownItems } from "./check-needs.ts";
import { IssueList, MAX_BACKLOG_ISSUES } from "./issue-list.ts";
import { parseRow, shown, skimRow, type ValidItem } from "./parse-row.ts";

export type BacklogValidation =
  | { ok: true; document: BacklogDocument; items: ValidItem[] }
  | { ok: false; issues: Issue[] };

/**
 * Parses a backlog document and every row of it (until there are a thousand issues about rows), and names every offending item at once: rows that don't parse,
 * duplicate ids, needs that don't exist or form loops, artifacts from items that aren't needed.
 * `known` are items imported earlier, which rows may need; a row replaces a known item of the same id.
 */
export function validateBacklog(document: unknown, known?: KnownItems): BacklogValidation {
  const parsed = BacklogDocument.safeParse(document);
  const alone = new IssueList(MAX_BACKLOG_ISSUES);
  const together = new IssueList(MAX_BACKLOG_ISSUES);
  for (const issue of (parsed.error?.issues ?? []).slice(0, 100)) {
    alone.add(() => ({ path: shown(pointer(issue.path)), message: shown(sayIssue(issue)) }));
  }
  let skimmed = 0;
  const rows = rowsOf(document).map((raw, i) => {
    if (alone.full) skimmed++;
    const row = alone.full ? skimRow(raw, i) : parseRow(raw, i);
    alone.addAll(row.issues);
    return row;
  });
  checkNeeds(rows, known, together);

  if (parsed.success && alone.total + together.total === 0) {
    const items = rows.flatMap((row) => (row.item === undefined ? [] : [row.item]));
    return { ok: true, document: parsed.data, items };
  }
  return { ok: false, issues: merged(alone, together, skimmed) };
}

function rowsOf(document: unknown): readonly unknown[] {
  if (typeof document !== "object" || document === null || !("items" in document)) return [];
  const { items } = document;
  return Array.isArray(items) && items.length <= MAX_IMPORT_ITEMS ? items : [];
}

/** Issues about the document first, then row by row; within a row as they were found. */
function merged(alone: IssueList, together: IssueList, skimmed: number): Issue[] {
  const rowOf = (issue: Issue) => Number(/^\/items\/(\d+)/.exec(issue.path)?.[1] ?? -1);
  const issues = [...alone.kept, ...together.kept]
    .map((issue, found) => ({ issue, found, row: rowOf(issue) }))
    .sort((a, b) => a.row - b.row || a.found - b.found)
    .slice(0, MAX_BACKLOG_ISSUES)
    .map(({ issue }) => issue);
  const more = alone.total + together.total - issues.length;
  const parts = [
    ...(more > 0 ? [`and ${more.toLocaleString("en")} more`] : []),
    ...(skimmed > 0 ? [`${skimmed.toLocaleString("en")} rows were not checked any more`] : []),
  ];
  if (parts.length > 0) issues.push({ path: "/items", message: parts.join("; ") });
  return issues;
}
