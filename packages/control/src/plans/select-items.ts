import { NofxError } from "@nofx/core/errors";
import { normalNeeds, writtenNeeds, type ValidItem } from "@nofx/core/planner";
import { BacklogItemInput, Undo } from "@nofx/core/vocabulary";
import type { PackItemRecord } from "@nofx/db/queries";

/** The items asked for, with everything they need; all of the pack when nothing is asked for. */
export function selectItems(
  records: readonly PackItemRecord[],
  wanted: readonly string[] | undefined,
): ValidItem[] {
  const byKey = new Map(records.map((record) => [record.key, record]));
  const missing = (wanted ?? []).filter((key) => !byKey.has(key));
  if (missing.length > 0) {
    throw new NofxError("plan_invalid", {
      issues: missing.slice(0, 1_000).map((key) => ({
        path: "/items",
        item: key,
        message: `there is no item "${key}" in this pack`,
      })),
    });
  }
  const chosen = wanted === undefined ? new Set(byKey.keys()) : closure(byKey, wanted);
  return records
    .filter((record) => chosen.has(record.key))
    .map((record, row) => ({ ...toItem(record), row }));
}

function closure(
  byKey: ReadonlyMap<string, PackItemRecord>,
  wanted: readonly string[],
): Set<string> {
  const chosen = new Set<string>();
  const open = [...wanted];
  for (let key = open.pop(); key !== undefined; key = open.pop()) {
    if (chosen.has(key)) continue;
    chosen.add(key);
    open.push(...(byKey.get(key)?.needs ?? []));
  }
  return chosen;
}

function toItem(record: PackItemRecord): Omit<ValidItem, "row"> {
  const { undo: _, ...item } = BacklogItemInput.parse({
    id: record.key,
    title: record.title,
    description: record.description ?? undefined,
    kind: record.kind ?? undefined,
    type: record.type ?? undefined,
    with: record.arguments ?? undefined,
    needs: writtenNeeds(record),
    priority: record.priority,
    labels: record.labels,
    risk: record.risk,
    sensitive: record.sensitive,
    owner: record.owner ?? undefined,
    resources: record.resources,
    estimateMinutes: record.estimate_minutes ?? undefined,
    pivot: record.pivot,
    maxFailures: record.max_failures,
    deadlineSeconds: record.deadline_seconds,
  });
  const undo = Undo.optional().parse(record.undo ?? undefined);
  return { ...item, ...normalNeeds(item.needs), undo };
}
