import { nameFinder, validateBacklog, writtenNeeds, type ValidItem } from "../planner/index.ts";
import type { ModelPlan, RefusalReason, Repair } from "./model-plan.ts";
import type { AnswerRow, Reading } from "./read-answer.ts";

export type Revision =
  | { ok: true; plan: ModelPlan; items: ValidItem[]; repairs: Repair[] }
  | { ok: false; reasons: RefusalReason[]; repairs: Repair[] };

const MAX_NAMED = 20;
/** An answer that leaves out more than this share of the items is no plan for them. */
const MOST_MISSING = 0.25;

/**
 * Lays a model's answer over the backlog it was asked about: its order, its needs beside those that the backlog gives, its
 * priorities. What the backlog says cannot be lost; what it does not have cannot be planned. The outcome passes the validator that
 * imports pass.
 */
export function reviseItems(
  pack: string,
  items: readonly ValidItem[],
  answer: Reading & { ok: true },
): Revision {
  const repairs = [...answer.repairs];
  const mend = (kind: Repair["kind"], item: string | null, message: string) =>
    void repairs.push({ kind, item, message });
  const byId = new Map(items.map((item) => [item.id, item]));
  const resolve = nameResolver(byId.keys());

  const rows = new Map<string, AnswerRow>();
  const unknown: string[] = [];
  for (const row of answer.rows) {
    const id = resolve(row.id);
    if (id === undefined) unknown.push(row.id);
    else if (rows.has(id)) mend("duplicate_item", id, "It was there twice: the first holds.");
    else {
      rows.set(id, row);
      if (id !== row.id) mend("misspelt_id", id, `It was written "${row.id.slice(0, 100)}".`);
    }
  }
  if (unknown.length > 0)
    return { ok: false, reasons: unknown.slice(0, MAX_NAMED).map(invented), repairs };
  const missing = items.filter(({ id }) => !rows.has(id));
  if (missing.length > Math.max(1, items.length * MOST_MISSING)) {
    const message = `${missing.length} of ${items.length} items are missing.`;
    return { ok: false, reasons: [{ code: "too_much_missing", item: null, message }], repairs };
  }
  for (const { id } of missing)
    mend("item_missing", id, "It was left out: it stands last, as in the backlog.");

  const planned = [...rows.keys(), ...missing.map(({ id }) => id)].map((id) => {
    const row = rows.get(id);
    const { needs, priority } = byId.get(id) as ValidItem;
    return {
      id,
      needs: row === undefined ? needs : mergeNeeds(id, row.needs, needs, resolve, mend),
      priority: row?.priority == null ? priority : Math.round(row.priority),
      durationSeconds: row?.durationSeconds ?? null,
    };
  });
  const revised = planned.map(({ id, needs, priority }, row) => ({
    ...(byId.get(id) as ValidItem),
    needs,
    priority,
    row,
  }));
  const reasons = reasonsOf(pack, items, revised);
  if (reasons.length > 0) return { ok: false, reasons, repairs };
  const ordered = needsFirst(planned);
  if (ordered.moved > 0) {
    const words = ordered.moved === 1 ? "1 item" : `${ordered.moved} items`;
    mend("reordered", null, `${words} stood in front of what they need.`);
  }
  const place = new Map(ordered.rows.map(({ id }, i) => [id, i]));
  return {
    ok: true,
    plan: { items: ordered.rows, note: answer.note },
    items: revised
      .toSorted((a, b) => (place.get(a.id) ?? 0) - (place.get(b.id) ?? 0))
      .map((item, row) => ({ ...item, row })),
    repairs,
  };
}

/** The name as the backlog has it: as written, but for case and dashes, or mistyped beyond doubt. */
function nameResolver(known: Iterable<string>) {
  const names = new Set(known);
  const closest = nameFinder(names);
  const plain = (name: string) =>
    name
      .trim()
      .toLowerCase()
      .replaceAll(/[\s_]+/g, "-");
  const byPlain = Map.groupBy(names, plain);
  return (name: string): string | undefined => {
    if (names.has(name)) return name;
    const [like, ...others] = byPlain.get(plain(name)) ?? [];
    if (like !== undefined && others.length === 0) return like;
    const near = name.length < SHORTEST_MISTYPED ? undefined : closest(plain(name));
    return near !== undefined && digitsOf(near) === digitsOf(name) ? near : undefined;
  };
}

/** In a shorter name one letter is too much of it. */
const SHORTEST_MISTYPED = 5;
/** step-11 is not step-1 mistyped. */
const digitsOf = (name: string) => name.replaceAll(/\D+/g, " ").trim();

function invented(name: string): RefusalReason {
  const item = name.slice(0, 100);
  return {
    code: "unknown_item",
    item,
    message: "The backlog has no such item: work is not invented.",
  };
}

type Mend = (kind: Repair["kind"], item: string, message: string) => void;

function mergeNeeds(
  id: string,
  told: readonly string[],
  declared: readonly string[],
  resolve: (name: string) => string | undefined,
  mend: Mend,
): string[] {
  const needs = new Set<string>();
  for (const name of told) {
    const need = declared.includes(name) ? name : resolve(name);
    if (need === id) mend("self_need", id, "It needed itself.");
    else if (need !== undefined) needs.add(need);
    else
      mend("unknown_need", id, `It needed "${name.slice(0, 100)}", which is not in the backlog.`);
  }
  const lost = declared.filter((need) => !needs.has(need));
  if (lost.length > 0) {
    mend("need_put_back", id, `The backlog says that it needs ${lost.slice(0, 5).join(", ")}.`);
  }
  return [...needs, ...lost];
}

/** What the validator of imports finds in it. Needs outside of what was chosen are not the model's doing. */
function reasonsOf(
  pack: string,
  items: readonly ValidItem[],
  revised: readonly ValidItem[],
): RefusalReason[] {
  const chosen = new Set(items.map(({ id }) => id));
  const keys = new Set(items.flatMap(({ needs }) => needs.filter((need) => !chosen.has(need))));
  const rows = revised.map(({ row: _, lags, needs, ...item }) => ({
    ...item,
    needs: writtenNeeds({ needs, lags }),
  }));
  const validation = validateBacklog(
    { version: 1, pack, items: rows },
    { keys, needsOf: () => [] },
  );
  if (validation.ok) return [];
  return validation.issues.slice(0, MAX_NAMED).map(({ item = null, message }) => ({
    code: message.startsWith("depends on itself") ? ("loop" as const) : ("invalid" as const),
    item,
    message,
  }));
}

type PlannedRow = ModelPlan["items"][number];

/** The same order but that nothing stands in front of what it needs; how many had to move. */
function needsFirst(rows: readonly PlannedRow[]): { rows: PlannedRow[]; moved: number } {
  const byId = new Map(rows.map((row) => [row.id, row]));
  const placed = new Map<string, PlannedRow>();
  let moved = 0;
  for (const first of rows) {
    const open = [first];
    for (let row = open.at(-1); row !== undefined; row = open.at(-1)) {
      const next = row.needs
        .flatMap((need) => byId.get(need) ?? [])
        .find(({ id }) => !placed.has(id));
      if (next !== undefined && !placed.has(row.id)) {
        open.push(next);
        continue;
      }
      open.pop();
      if (placed.has(row.id)) continue;
      placed.set(row.id, row);
      if (row !== first) moved += 1;
    }
  }
  return { rows: [...placed.values()], moved };
}
