import type { Draft, DraftRow } from "./draft.ts";
import { Warnings, type Warning } from "./draft.ts";

export interface LinkedRows {
  /** The rows as a backlog document has them, one for each of the draft. */
  readonly items: Record<string, unknown>[];
  readonly warnings: Warning[];
}

/**
 * Turns what rows say of each other into needs. What is done already is not waited for. Links to what is neither in the file
 * nor in the pack are left out with a warning, as exports seldom hold everything; only a plain `needs` insists.
 */
export function linkRows(draft: Draft, known: ReadonlySet<string>): LinkedRows {
  const warnings = new Warnings();
  const names = namesOf(draft.rows);
  const done = new Set(draft.done);
  const needs = draft.rows.map(() => new Set<string>());
  const find = (name: string) => names.get(name);
  const isThere = (name: string) => find(name) !== undefined || known.has(name);
  const leftOut = (row: DraftRow, says: string, name: string) => {
    if (done.has(name)) return;
    warnings.add(
      `${says} ${name}, which is neither in the file nor in the pack: left out`,
      row.place,
    );
  };
  draft.rows.forEach((row, i) => {
    const own = row.raw["id"];
    const add = (at: number, name: unknown) => {
      if (typeof name === "string" && name !== draft.rows[at]?.raw["id"]) needs[at]?.add(name);
    };
    const idAt = (name: string) => {
      const at = find(name);
      return at === undefined ? name : draft.rows[at]?.raw["id"];
    };
    for (const name of row.links.needs) {
      if (find(name) !== undefined || !done.has(name)) needs[i]?.add(String(idAt(name)));
    }
    for (const name of row.links.blockedBy) {
      if (isThere(name) && !(done.has(name) && find(name) === undefined)) add(i, idAt(name));
      else leftOut(row, "needs", name);
    }
    for (const name of [...row.links.blocks, ...row.links.parents]) {
      const at = find(name);
      if (at !== undefined) add(at, own);
      else leftOut(row, "belongs before", name);
    }
  });
  const items = draft.rows.map((row, i) => {
    const own = needs[i];
    return own === undefined || own.size === 0 ? row.raw : { ...row.raw, needs: [...own] };
  });
  return { items, warnings: [...draft.warnings.list(), ...warnings.list()] };
}

/** Rows by their ids, and by their other names where those are of one row only. */
function namesOf(rows: readonly DraftRow[]): Map<string, number> {
  const names = new Map<string, number>();
  const twice = new Set<string>();
  rows.forEach((row, i) => {
    for (const alias of row.aliases) {
      if (names.has(alias)) twice.add(alias);
      else names.set(alias, i);
    }
  });
  for (const alias of twice) names.delete(alias);
  rows.forEach((row, i) => {
    const id = row.raw["id"];
    if (typeof id === "string") names.set(id, i);
  });
  return names;
}
