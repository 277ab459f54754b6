import { ComparisonView, type ComparisonRowView, type ComparisonSummary } from "@nofx/core/api";
import { NofxError } from "@nofx/core/errors";
import { splitModelId, usdOfPico } from "@nofx/core/model-router";
import { toId, toUuid } from "@nofx/core/vocabulary";
import {
  findComparison,
  listComparisonRows,
  type ComparisonRecord,
  type ComparisonRowRecord,
} from "@nofx/db/queries";
import type { MemberContext } from "../command/context.ts";
import type { CommandTransaction } from "../command/transaction.ts";

export async function loadComparison(
  ctx: MemberContext,
  tx: CommandTransaction,
  comparisonId: string,
): Promise<ComparisonRecord> {
  const uuid = toUuid("comparison", comparisonId);
  const found = await findComparison(tx.db, ctx.tenantId, uuid);
  if (found !== undefined) return found;
  throw new NofxError("not_found", { detail: "There is no such comparison in this tenant." });
}

export async function viewComparison(
  ctx: MemberContext,
  tx: CommandTransaction,
  comparisonId: string,
): Promise<ComparisonView> {
  const comparison = await loadComparison(ctx, tx, comparisonId);
  const rows = await listComparisonRows(tx.db, comparison.id);
  const { items, seed, prompt_digest: promptDigest, own } = comparison;
  return ComparisonView.parse({
    ...toComparisonSummary(comparison),
    items,
    seed,
    promptDigest,
    own,
    rows: rows.map(toRow),
  });
}

export function toComparisonSummary(record: ComparisonRecord): ComparisonSummary {
  return {
    id: toId("comparison", record.id),
    pack: record.pack,
    status: record.unfinished === 0 ? "ended" : record.asking > 0 ? "running" : "waiting",
    models: record.models,
    usable: record.usable,
    createdBy: record.created_by_name,
    createdAt: record.created_at.toISOString(),
  };
}

function toRow(row: ComparisonRowRecord): Record<keyof ComparisonRowView, unknown> {
  return {
    model: row.model,
    simulated: splitModelId(row.model).provider === "simulated",
    status: row.status,
    latencyMs: row.latency_ms,
    usage: row.usage,
    costUsd: row.cost_pico === null ? null : usdOfPico(BigInt(row.cost_pico)),
    price: row.price,
    error: row.error_code === null ? null : { code: row.error_code, message: row.error ?? "" },
    repairs: row.repairs,
    reasons: row.reasons,
    document: row.document,
    documentDigest: row.document_digest,
    plan: row.plan,
    differences: row.differences,
    adoptedAs: row.plan_id === null ? null : toId("plan", row.plan_id),
  };
}
