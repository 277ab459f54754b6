import { canonicalJson } from "@nofx/core/canonical";
import type { ValidItem } from "@nofx/core/planner";
import type { ItemRow } from "@nofx/db/queries";
import type { MemberContext } from "../command/context.ts";

/** An item as it is stored. Its digest leaves out where it stands: an item that was only moved has not changed. */
export function toRow(ctx: MemberContext, item: ValidItem): ItemRow {
  const row = {
    key: item.id,
    title: item.title,
    description: item.description ?? null,
    kind: item.kind ?? null,
    type: item.type ?? null,
    arguments: item.with ?? null,
    needs: item.needs,
    priority: item.priority,
    labels: item.labels,
    risk: item.risk,
    sensitive: item.sensitive,
    owner: item.owner ?? null,
    undo: item.undo ?? null,
    pivot: item.pivot,
    max_failures: item.maxFailures,
    deadline_seconds: item.deadlineSeconds,
    // what most items don't have is not in their digests, so these are the ones from before there was any
    ...(Object.keys(item.lags).length > 0 && { lags: item.lags }),
    ...(item.resources.length > 0 && { resources: item.resources }),
    ...(item.estimateMinutes !== undefined && { estimate_minutes: item.estimateMinutes }),
  };
  return { ...row, position: item.row, digest: ctx.plane.sha256(canonicalJson(row)) };
}
