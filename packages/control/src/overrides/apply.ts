import { requirementsOf } from "@nofx/core/gates";
import { listStepsToAsk, type OverrideRecord } from "@nofx/db/queries";
import { sql } from "kysely";
import { takeSnapshot } from "../audit/take-snapshot.ts";
import type { MemberContext } from "../command/context.ts";
import type { CommandTransaction } from "../command/transaction.ts";
import { effectiveVerdict, type Effective } from "../gates/effective.ts";
import { loadPlanFacts } from "../gates/load-facts.ts";
import { StoredStep } from "../plans/digest.ts";
import { aboutStep, aboutWarnings, openApproval, withGroups } from "../plans/open-approvals.ts";

interface PlanRow {
  id: string;
  version: number;
  title: string;
  digest: string;
  status: string;
  created_by: string;
  author: string;
}

/** A plan, held until the transaction ends, with who made it. */
export async function holdPlan(
  tx: CommandTransaction,
  tenantId: string,
  planId: string,
): Promise<PlanRow | undefined> {
  await sql`select id from plans where id = ${planId}::uuid and tenant_id = ${tenantId}::uuid for update`.execute(
    tx.db,
  );
  const { rows } = await sql<PlanRow>`
    select p.id, p.version, p.title, p.digest, p.status, p.created_by, coalesce(m.name, p.created_by) as author
    from plans p left join members m on m.tenant_id = p.tenant_id and m.user_id::text = p.created_by
    where p.id = ${planId}::uuid and p.tenant_id = ${tenantId}::uuid
  `.execute(tx.db);
  return rows[0];
}

/**
 * Moves a plan to where its verdict puts it now, after an override began or ended: lifted blocks make it wait for an approval of
 * what gates warn of, or approve it; what is lifted no more takes that back. A plan that people approved stays so.
 */
export async function applyVerdict(
  ctx: MemberContext,
  tx: CommandTransaction,
  plan: PlanRow,
): Promise<Effective> {
  const effective = await effectiveVerdict(ctx, tx, plan);
  if (!["ready", "blocked", "approved"].includes(plan.status)) return effective;
  const wanted = await wantedStatus(tx, plan, effective);
  if (wanted === "ready") await askAboutPlan(ctx, tx, plan, effective);
  else await withdrawQuestion(tx, plan.id);
  if (wanted !== "blocked") await askAboutSteps(ctx, tx, plan);
  if (wanted === plan.status) return effective;
  await tx.db.updateTable("plans").set({ status: wanted }).where("id", "=", plan.id).execute();
  const payload = { plan_id: plan.id, digest: plan.digest };
  tx.emit({ type: `plan.${wanted}`, payload });
  if (wanted === "approved") {
    await tx.audit("plan.approved", { ...payload, by: "override" });
    await takeSnapshot(ctx, tx, plan.id, "decided");
  }
  return effective;
}

async function wantedStatus(
  tx: CommandTransaction,
  plan: PlanRow,
  { verdict }: Effective,
): Promise<"blocked" | "ready" | "approved"> {
  if (verdict === "block") return "blocked";
  if (verdict === "allow") return "approved";
  const { rows } = await sql`
    select from approvals where plan_id = ${plan.id}::uuid and subject = 'plan' and status = 'approved' limit 1
  `.execute(tx.db);
  return rows.length > 0 ? "approved" : "ready";
}

/**
 * Asked in the name of whoever made the plan: they do not answer it, whoever lifted the block. Asked about every warning, the
 * lifted ones too: an override ends, and what people approved then has to hold without it.
 */
async function askAboutPlan(
  ctx: MemberContext,
  tx: CommandTransaction,
  plan: PlanRow,
  { findings }: Effective,
): Promise<void> {
  const { rows } = await sql`
    select from approvals where plan_id = ${plan.id}::uuid and subject = 'plan' and status = 'pending' limit 1
  `.execute(tx.db);
  if (rows.length > 0) return;
  const requester = { id: plan.created_by, name: plan.author };
  await openApproval(ctx, tx, plan.id, { ...aboutWarnings(plan, findings), requester });
}

async function withdrawQuestion(tx: CommandTransaction, planId: string): Promise<void> {
  await sql`
    update approvals set status = 'superseded', decided_at = clock_timestamp()
    where plan_id = ${planId}::uuid and subject = 'plan' and status = 'pending'
  `.execute(tx.db);
}

/** A plan that was blocked has asked nobody about its sensitive steps yet. */
async function askAboutSteps(
  ctx: MemberContext,
  tx: CommandTransaction,
  plan: PlanRow,
): Promise<void> {
  const requester = { id: plan.created_by, name: plan.author };
  const rows = await listStepsToAsk(tx.db, plan.id);
  if (rows.length === 0) return;
  const steps = rows.map(({ id, ...row }) => ({ id, step: StoredStep.parse(row) }));
  const planned = steps.map(({ step }) => step);
  const requirements = requirementsOf(planned, await loadPlanFacts(ctx, tx, [], undefined));
  for (const { id, step } of steps) {
    const asked = withGroups(aboutStep(id, step), requirements);
    await openApproval(ctx, tx, plan.id, { ...asked, requester });
  }
}

/** Tells what became of an override, and of the plan by it. */
export function tellOverride(
  tx: CommandTransaction,
  override: Pick<OverrideRecord, "id" | "plan_id" | "scope">,
  status: string,
  { verdict }: Effective,
): void {
  const { id, plan_id, scope } = override;
  tx.emit({
    type: "gate.overridden",
    payload: { override_id: id, plan_id, scope, status, verdict },
  });
}
