import { BudgetUse, BudgetView } from "@nofx/core/api";
import { BudgetMeasure, fullness, writeAmount } from "@nofx/core/budgets";
import { NofxError } from "@nofx/core/errors";
import { toId } from "@nofx/core/vocabulary";
import { listBudgets, type BudgetRecord, type BudgetUseRecord } from "@nofx/db/queries";
import type { CommandTransaction } from "../command/transaction.ts";

/** Where there is no window, the database has its beginning of time. */
const NEVER = 0;

export function viewBudget(row: BudgetRecord): BudgetView {
  const measure = BudgetMeasure.parse(row.measure);
  return BudgetView.parse({
    id: toId("budget", row.id),
    name: row.name,
    scope: row.scope,
    subject: row.subject === null ? null : viewSubject(row.scope, row.subject),
    subjectName: row.subject_name,
    model: row.model,
    measure,
    window: row.kind === "rate" ? null : row.window,
    rate: row.kind === "rate" ? { perSeconds: row.per_seconds, burst: row.burst } : null,
    limit: writeAmount(measure, BigInt(row.limit)),
    outcome: row.outcome,
    extra: writeAmount(measure, BigInt(row.extra)),
    note: row.note,
    enabled: row.enabled,
    version: row.version,
    createdAt: row.created_at.toISOString(),
    changedAt: row.changed_at.toISOString(),
    changedBy: row.changed_by,
    uses: row.uses.map((use) => viewUse(row, use)),
    subjects: row.subjects,
  });
}

export function viewUse(
  of: Pick<BudgetRecord, "scope" | "measure">,
  use: BudgetUseRecord,
): BudgetUse {
  const measure = BudgetMeasure.parse(of.measure);
  const amount = (text: string) => writeAmount(measure, BigInt(text));
  const startsAt = new Date(use.starts_at);
  return BudgetUse.parse({
    subject: viewSubject(of.scope, use.subject),
    subjectName: use.subject_name,
    startsAt: startsAt.getTime() === NEVER ? null : startsAt.toISOString(),
    endsAt: moment(use.ends_at),
    limit: amount(use.limit),
    used: amount(use.used),
    reserved: amount(use.reserved),
    overrun: amount(use.overrun),
    extra: amount(use.extra),
    full: fullness(BigInt(use.limit), BigInt(use.used) + BigInt(use.reserved)),
    refusals: use.refusals,
    exhaustedAt: moment(use.exhausted_at),
    approvalId: use.approval_id === null ? null : toId("approval", use.approval_id),
  });
}

function viewSubject(scope: string, subject: string): string {
  switch (scope) {
    case "run":
    case "step":
    case "agent":
    case "tenant":
      return toId(scope, subject);
    default:
      return subject;
  }
}

function moment(at: string | Date | null): string | null {
  return at === null ? null : new Date(at).toISOString();
}

/** A budget as it was just left. */
export async function readBudget(
  tx: CommandTransaction,
  tenantId: string,
  id: string,
): Promise<BudgetView> {
  return viewBudget(await findBudget(tx, tenantId, id));
}

export async function findBudget(
  tx: CommandTransaction,
  tenantId: string,
  id: string,
): Promise<BudgetRecord> {
  const { items } = await listBudgets(tx.db, { tenantId, id, limit: 1 });
  if (items[0] === undefined) throw noSuchBudget();
  return items[0];
}

export function noSuchBudget(): NofxError {
  return new NofxError("not_found", {
    detail: "There is no such budget in this tenant. `nofx budgets list` shows those there are.",
  });
}
