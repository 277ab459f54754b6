import { pointer } from "../errors/index.ts";
import { nameFinder } from "./closest-name.ts";
import { digraph, type Digraph } from "./digraph.ts";
import { findLoops } from "./find-loops.ts";
import { findReached } from "./find-reached.ts";
import type { IssueList } from "./issue-list.ts";
import type { ParsedRow } from "./parse-row.ts";

/** Items that exist already: their ids, and what each of them needs. */
export interface KnownItems {
  readonly keys: ReadonlySet<string>;
  needsOf(key: string): Iterable<string>;
}

/** Adds what is wrong between the rows: duplicate ids, needs that don't exist, loops, artifacts from strangers. */
export function checkNeeds(
  rows: readonly ParsedRow[],
  known: KnownItems | undefined,
  issues: IssueList,
): void {
  const byKey = rowsByKey(rows, issues);
  missingNeeds(rows, byKey, known, issues);
  const graph = needsGraph(rows, byKey, known);
  loops(graph, byKey, issues);
  strangers(rows, byKey, graph, issues);
}

function rowsByKey(rows: readonly ParsedRow[], issues: IssueList): Map<string, number> {
  const byKey = new Map<string, number>();
  rows.forEach((row, i) => {
    if (row.key === undefined) return;
    const first = byKey.get(row.key);
    if (first === undefined) {
      byKey.set(row.key, i);
      return;
    }
    issues.add(() => ({
      path: pointer(["items", i, "id"]),
      message: `duplicate id "${row.key}": row ${first + 1} has it already`,
      item: row.label,
    }));
  });
  return byKey;
}

function missingNeeds(
  rows: readonly ParsedRow[],
  byKey: ReadonlyMap<string, number>,
  known: KnownItems | undefined,
  issues: IssueList,
): void {
  const closest = nameFinder([...byKey.keys(), ...(known?.keys ?? [])]);
  rows.forEach((row, i) => {
    const report = (need: string, message: () => string) =>
      issues.add(() => {
        const at = row.item?.needs.indexOf(need);
        const path = pointer(["items", i, "needs", ...(at === undefined ? [] : [at])]);
        return { path, message: message(), item: row.label };
      });
    for (const need of row.needs) {
      if (need === row.key) report(need, () => "needs itself");
      else if (!byKey.has(need) && known?.keys.has(need) !== true) {
        report(need, () => {
          const suggestion = closest(need);
          const hint = suggestion === undefined ? "" : `; did you mean "${suggestion}"?`;
          return `needs "${need}", which does not exist${hint}`;
        });
      }
    }
  });
}

interface NeedsGraph {
  readonly things: readonly { readonly name: string; readonly needs: readonly string[] }[];
  readonly graph: Digraph;
  readonly nodeOf: ReadonlyMap<string, number>;
}

/** The rows and the known items behind them; edges lead from an item to what it needs. */
function needsGraph(
  rows: readonly ParsedRow[],
  byKey: ReadonlyMap<string, number>,
  known: KnownItems | undefined,
): NeedsGraph {
  const nodeOf = new Map([...byKey.keys()].map((name, node) => [name, node]));
  const things: { name: string; needs: string[] }[] = [];
  // The map grows while it is walked: known items join as they are reached.
  for (const name of nodeOf.keys()) {
    const row = byKey.get(name);
    const needs = (row === undefined ? known?.needsOf(name) : rows[row]?.needs) ?? [];
    const existing = [...needs].filter(
      (need) => need !== name && (byKey.has(need) || known?.keys.has(need) === true),
    );
    for (const need of existing) if (!nodeOf.has(need)) nodeOf.set(need, nodeOf.size);
    things.push({ name, needs: existing });
  }
  const graph = digraph(things.length, (node) =>
    (things[node]?.needs ?? []).map((need) => nodeOf.get(need) as number),
  );
  return { things, graph, nodeOf };
}

function loops(graph: NeedsGraph, byKey: ReadonlyMap<string, number>, issues: IssueList): void {
  for (const { names, text, size } of findLoops(graph.things)) {
    const item = names[0] ?? "";
    const others = size - names.length;
    const rest =
      others === 0 ? "" : ` (${others} more ${others === 1 ? "item" : "items"} on longer loops)`;
    const path = pointer(["items", byKey.get(item) ?? 0, "needs"]);
    issues.add(() => ({ path, message: `depends on itself: ${text}${rest}`, item }));
  }
}

/** Artifacts may only come from what an item needs, directly or through others. */
function strangers(
  rows: readonly ParsedRow[],
  byKey: ReadonlyMap<string, number>,
  { graph, nodeOf }: NeedsGraph,
  issues: IssueList,
): void {
  const producerOf = (from: string) => {
    const exact = nodeOf.get(from);
    if (exact !== undefined) return exact;
    // A step of a typed item: `<item>.<suffix>`.
    return nodeOf.get(from.slice(0, Math.max(0, from.lastIndexOf("."))));
  };
  const asked = rows.flatMap((row, i) => {
    const from = row.key === undefined ? undefined : nodeOf.get(row.key);
    if (from === undefined || byKey.get(row.key ?? "") !== i) return [];
    return row.inputs.map((input) => ({ row, i, input, from, to: producerOf(input.from) }));
  });
  const reached = findReached(
    graph,
    asked.map(({ from, to }) => ({ from, to: to ?? from })),
  );
  asked.forEach(({ row, i, input, from, to }, q) => {
    const ownStep = to === from && row.item?.kind === undefined;
    if (to !== undefined && (reached[q] === true || ownStep)) return;
    const wants = `wants artifact "${input.artifact}" from "${input.from}"`;
    const but =
      to === undefined ? "which does not exist" : "which it does not need; add it to needs";
    const path = pointer(["items", i, ...input.at]);
    issues.add(() => ({ path, message: `${wants}, ${but}`, item: row.label }));
  });
}
