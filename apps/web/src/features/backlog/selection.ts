import type { BacklogItemId } from "@nofx/core/vocabulary";
import type { z } from "zod";

/** A chosen item, as a change of many needs it. */
export interface Chosen {
  key: string;
  pack: string;
}

/** Chosen items by their ids. */
export type Selection = ReadonlyMap<z.infer<typeof BacklogItemId>, Chosen>;

type Row = Chosen & { id: string };

/** The selection after a click on one box, or with Shift on all from the box clicked before to this one. */
export function choose(
  rows: readonly Row[],
  selection: Selection,
  clicked: string,
  since: string | undefined,
): Selection {
  const to = rows.findIndex(({ id }) => id === clicked);
  const from = since === undefined ? to : rows.findIndex(({ id }) => id === since);
  const adds = !selection.has(clicked);
  const next = new Map(selection);
  const [first, last] = from < 0 ? [to, to] : [Math.min(from, to), Math.max(from, to)];
  for (const { id, key, pack } of rows.slice(first, last + 1)) {
    if (adds) next.set(id, { key, pack });
    else next.delete(id);
  }
  return next;
}

export interface Place {
  item: string;
  target: string;
  side: "before" | "after";
}

/** Where a step up or down leads: past the next shown row of the same pack. */
export function stepTo(rows: readonly Row[], item: string, up: boolean): Place | undefined {
  const at = rows.findIndex(({ id }) => id === item);
  const beside = rows[up ? at - 1 : at + 1];
  if (at < 0 || beside === undefined || beside.pack !== rows[at]?.pack) return undefined;
  return { item, target: beside.id, side: up ? "before" : "after" };
}

/** An order of ids with one of them put elsewhere. */
export function movedTo(order: readonly string[], { item, target, side }: Place): string[] {
  const rest = order.filter((id) => id !== item);
  const at = rest.indexOf(target);
  if (rest.length === order.length || at < 0) return [...order];
  return rest.toSpliced(side === "before" ? at : at + 1, 0, item);
}

/** Rows in this order of their ids; those it does not know come last, as they stood. */
export function inOrder<T extends { id: string }>(
  rows: readonly T[],
  order: readonly string[],
): T[] {
  const places = new Map(order.map((id, at) => [id, at]));
  const place = ({ id }: T) => places.get(id) ?? order.length;
  return rows.toSorted((a, b) => place(a) - place(b));
}
