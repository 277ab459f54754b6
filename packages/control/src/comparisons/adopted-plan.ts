import type { CreatePlanInput } from "@nofx/core/api";
import { ModelPlan, reviseItems } from "@nofx/core/comparisons";
import { NofxError } from "@nofx/core/errors";
import type { ValidItem } from "@nofx/core/planner";
import { listComparisonRows } from "@nofx/db/queries";
import type { MemberContext } from "../command/context.ts";
import type { CommandTransaction } from "../command/transaction.ts";
import { loadComparison } from "./view.ts";

export interface AdoptedPlan {
  readonly comparisonId: string;
  readonly model: string;
  /** What the comparison was about; all of the pack when absent. */
  readonly items: string[] | undefined;
  /** Lays the model's plan over the items as they are now; refuses where they do not fit any more. */
  readonly revise: (items: readonly ValidItem[]) => readonly ValidItem[];
}

/** The plan that a model drew in a comparison, to be made a version of the pack's plan. */
export async function adoptedPlan(
  ctx: MemberContext,
  tx: CommandTransaction,
  pack: string,
  from: NonNullable<CreatePlanInput["from"]>,
): Promise<AdoptedPlan> {
  const comparison = await loadComparison(ctx, tx, from.comparisonId);
  if (comparison.pack !== pack) {
    throw new NofxError("invalid_input", {
      issues: [{ path: "/from", message: `this comparison is about pack "${comparison.pack}"` }],
    });
  }
  const rows = await listComparisonRows(tx.db, comparison.id);
  const row = rows.find(({ model }) => model === from.model);
  if (row === undefined || (row.status !== "usable" && row.status !== "repaired")) {
    throw new NofxError("conflict", {
      detail: `"${from.model}" has given no plan in this comparison that can be used.`,
    });
  }
  const { items, note } = ModelPlan.parse(row.document);
  return {
    comparisonId: comparison.id,
    model: from.model,
    items: comparison.items ?? undefined,
    revise(now) {
      const revision = reviseItems(pack, now, { ok: true, rows: items, note, repairs: [] });
      if (revision.ok) return revision.items;
      throw new NofxError("plan_invalid", {
        detail: "The backlog has changed since the models were compared. Compare anew.",
        issues: revision.reasons.map(({ item, message }) => ({
          path: "/from",
          message,
          ...(item !== null && { item }),
        })),
      });
    },
  };
}
