import { BacklogDocument } from "../vocabulary/index.ts";
import type { Issue } from "../errors/index.ts";
import { MAX_BACKLOG_ISSUES } from "../planner/issue-list.ts";
import { validateBacklog, type KnownItems, type ValidItem } from "../planner/index.ts";

export interface SortedOut {
  /** Without its items; undefined when the document itself is wrong. */
  readonly document: Omit<BacklogDocument, "items"> | undefined;
  /** Rows that can be imported without the others; `row` is their place in the document. */
  readonly good: readonly ValidItem[];
  /** What is wrong with each other row, by its place in the document. */
  readonly bad: ReadonlyMap<number, readonly Issue[]>;
  /** What is wrong beside the rows. */
  readonly issues: readonly Issue[];
}

/**
 * Parts a document into rows that can be imported and rows that cannot: those with issues of their own, and those that need
 * such a row. `problems` are what is known to be wrong already.
 */
export function sortOut(
  document: unknown,
  problems: readonly Issue[],
  known?: KnownItems,
): SortedOut {
  const rows = itemsOf(document);
  const bad = new Map<number, Issue[]>();
  const issues: Issue[] = [];
  put(
    problems,
    rows.map((_, i) => i),
    bad,
    issues,
  );
  const needers = needersOf(rows);
  spread(rows, bad, needers, known);
  for (;;) {
    const left = rows.flatMap((_, i) => (bad.has(i) ? [] : [i]));
    if (left.length === 0 && rows.length > 0)
      return { document: headOf(document), good: [], bad, issues };
    const part = { ...(document as object), items: left.map((i) => rows[i]) };
    const judged = validateBacklog(part, known);
    if (judged.ok) {
      const { items: _, ...head } = judged.document;
      const good = judged.items.map((item, at) => ({ ...item, row: left[at] ?? at }));
      return { document: head, good, bad, issues };
    }
    const before = bad.size;
    put(judged.issues, left, bad, issues);
    // so many are wrong that telling each with all care would take long
    if (judged.issues.length > MAX_BACKLOG_ISSUES) markObvious(rows, bad, known);
    if (bad.size === before) return { document: undefined, good: [], bad, issues };
    spread(rows, bad, needers, known);
  }
}

/** Files rows with an id that is there twice, or with needs that do not exist. */
function markObvious(
  rows: readonly unknown[],
  bad: Map<number, Issue[]>,
  known: KnownItems | undefined,
): void {
  const first = new Map<string | undefined, number>();
  rows.forEach((row, i) => {
    if (!bad.has(i) && !first.has(idOf(row))) first.set(idOf(row), i);
  });
  rows.forEach((row, i) => {
    if (bad.has(i)) return;
    const id = idOf(row);
    const item = id ?? `#${i + 1}`;
    if (id !== undefined && first.get(id) !== i) {
      bad.set(i, [{ path: `/items/${i}/id`, message: `duplicate id "${id}"`, item }]);
    }
    const missing = needsOf(row).find((need) => !first.has(need) && known?.keys.has(need) !== true);
    if (missing === undefined) return;
    const message = `needs "${missing}", which does not exist`;
    bad.set(i, [...(bad.get(i) ?? []), { path: `/items/${i}/needs`, message, item }]);
  });
}

function needsOf(row: unknown): string[] {
  const needs = (row as { needs?: unknown } | null)?.needs;
  return Array.isArray(needs) ? needs.filter((one) => typeof one === "string") : [];
}

function itemsOf(document: unknown): readonly unknown[] {
  if (typeof document !== "object" || document === null || !("items" in document)) return [];
  return Array.isArray(document.items) ? (document.items as unknown[]) : [];
}

function headOf(document: unknown): Omit<BacklogDocument, "items"> | undefined {
  const head = BacklogDocument.omit({ items: true }).safeParse(
    Object.fromEntries(Object.entries(Object(document)).filter(([key]) => key !== "items")),
  );
  return head.data;
}

/** Files issues under their rows. `left` are the rows that were judged, by their places in the whole. */
function put(
  found: readonly Issue[],
  left: readonly number[],
  bad: Map<number, Issue[]>,
  issues: Issue[],
): void {
  for (const issue of found) {
    const [, at, rest] = /^\/items\/(\d+)(.*)$/s.exec(issue.path) ?? [];
    const row = at === undefined ? undefined : left[Number(at)];
    // "and 40 more": they come again when the first are out of the way
    if (row === undefined && issue.path === "/items" && bad.size > 0) continue;
    if (row === undefined) issues.push(issue);
    else bad.set(row, [...(bad.get(row) ?? []), { ...issue, path: `/items/${row}${rest ?? ""}` }]);
  }
}

function needersOf(rows: readonly unknown[]): ReadonlyMap<string, readonly number[]> {
  const needers = new Map<string, number[]>();
  rows.forEach((row, i) => {
    for (const need of new Set(needsOf(row))) {
      const those = needers.get(need);
      if (those === undefined) needers.set(need, [i]);
      else those.push(i);
    }
  });
  return needers;
}

/** Whatever needs a row that cannot be imported cannot be imported either, unless the pack has that item already. */
function spread(
  rows: readonly unknown[],
  bad: Map<number, Issue[]>,
  needers: ReadonlyMap<string, readonly number[]>,
  known: KnownItems | undefined,
): void {
  const there = new Set(rows.flatMap((row, i) => (bad.has(i) ? [] : [idOf(row)])));
  const open = [...bad.keys()];
  for (let at = open.pop(); at !== undefined; at = open.pop()) {
    const id = idOf(rows[at]);
    if (id === undefined || there.has(id) || known?.keys.has(id) === true) continue;
    for (const needer of needers.get(id) ?? []) {
      if (bad.has(needer)) continue;
      const item = idOf(rows[needer]) ?? `#${needer + 1}`;
      const message = `needs "${id}", which cannot be imported`;
      bad.set(needer, [{ path: `/items/${needer}/needs`, message, item }]);
      there.delete(item);
      open.push(needer);
    }
  }
}

function idOf(row: unknown): string | undefined {
  const id = (row as { id?: unknown } | null)?.id;
  return typeof id === "string" ? id : undefined;
}
