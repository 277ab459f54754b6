import { OverrideInput, type OverrideView } from "@nofx/core/api";
import { NofxError } from "@nofx/core/errors";
import { changeWindow } from "@nofx/core/gates";
import { toUuid } from "@nofx/core/vocabulary";
import { lockOverride } from "@nofx/db/queries";
import type { z } from "zod";
import { takeSnapshot } from "../audit/take-snapshot.ts";
import type { MemberContext } from "../command/context.ts";
import { runCommand } from "../command/run-command.ts";
import type { CommandTransaction } from "../command/transaction.ts";
import { effectiveVerdict, lifts, type Effective, type GateFinding } from "../gates/effective.ts";
import { openApproval } from "../plans/open-approvals.ts";
import { applyVerdict, holdPlan, tellOverride } from "./apply.ts";
import { statusOf } from "./status.ts";
import { noSuchOverride, viewOverride } from "./view.ts";

const HOUR = 3_600_000;

/**
 * Answers for going on although a gate warns or blocks: of a whole plan, of one step or of one rule. Nobody does so for a plan of
 * their own; where a rule says so, it counts only once a second person has approved it.
 */
export function createOverride(
  ctx: MemberContext,
  input: z.input<typeof OverrideInput>,
): Promise<OverrideView> {
  const spec = {
    name: "gates.override",
    permission: "gate.override",
    input: OverrideInput,
  } as const;
  return runCommand(ctx, spec, input, async (tx, parsed) => {
    const plan = await holdPlan(tx, ctx.tenantId, toUuid("plan", parsed.planId));
    if (plan === undefined) {
      throw new NofxError("not_found", { detail: "There is no such plan in this tenant." });
    }
    if (!["ready", "blocked", "approved"].includes(plan.status)) {
      throw new NofxError("plan_changed", {
        detail: `This version is ${plan.status}; use the newest one.`,
      });
    }
    if (plan.created_by === ctx.actor.id) {
      throw new NofxError("override_self", {
        detail: "You made this plan; somebody else has to answer for it.",
      });
    }
    const effective = await effectiveVerdict(ctx, tx, plan);
    refuseVoid(effective);
    const scope = {
      scope: parsed.scope,
      rule: parsed.rule ?? null,
      step: parsed.scope === "plan" ? null : (parsed.step ?? null),
    };
    const asked = effective.overrides.find(
      (one) =>
        statusOf(one, effective.rules.digest) === "pending" &&
        one.scope === scope.scope &&
        one.rule === scope.rule &&
        one.step === scope.step,
    );
    // asked twice it is one question: two would have to be answered
    if (asked !== undefined) return viewOverride(asked, effective.rules.digest);
    await refuseUnknown(tx, plan.id, effective, scope);
    const covered = coveredBy(effective, scope);
    const twoPeople = policyOf(effective, covered, scope.rule);
    const id = ctx.plane.newUuid();
    const expiresAt = new Date(ctx.plane.now().getTime() + parsed.expiresInHours * HOUR);
    const covers = covered.map(({ gate, rule, version, step, verdict }) => ({
      gate,
      rule,
      version,
      step,
      verdict,
    }));
    await tx.db
      .insertInto("gate_overrides")
      .values({
        id,
        tenant_id: ctx.tenantId,
        plan_id: plan.id,
        ...scope,
        reason: parsed.reason,
        status: twoPeople ? "pending" : "active",
        plan_digest: plan.digest,
        rules_digest: effective.rules.digest,
        covers: JSON.stringify(covers),
        two_people: twoPeople,
        requested_by: ctx.actor.id,
        requested_by_name: ctx.name,
        expires_at: expiresAt,
      })
      .execute();
    if (twoPeople) {
      const approvalId = await openApproval(ctx, tx, plan.id, {
        subject: "override",
        planStepId: null,
        overrideId: id,
        title: `Override on ${plan.title}, version ${plan.version}`,
        question: "May this plan go on although a gate says otherwise?",
        why: parsed.reason,
        arguments: {
          override: { scope: parsed.scope, rule: scope.rule, step: scope.step },
          plan: plan.title,
          version: plan.version,
          digest: plan.digest,
          until: expiresAt.toISOString(),
          findings: covered.slice(0, 50).map(({ gate, rule, step, verdict, reason }) => ({
            gate,
            rule,
            step,
            verdict,
            reason,
          })),
        },
        expiresAt,
      });
      await tx.db
        .updateTable("gate_overrides")
        .set({ approval_id: approvalId })
        .where("id", "=", id)
        .execute();
    }
    await tx.audit("override.created", {
      override_id: id,
      plan_id: plan.id,
      ...scope,
      plan_digest: plan.digest,
      rules_digest: effective.rules.digest,
      two_people: twoPeople,
      reason_digest: ctx.plane.sha256(parsed.reason),
      expires_at: expiresAt.toISOString(),
    });
    const now = twoPeople ? effective : await applyVerdict(ctx, tx, plan);
    await takeSnapshot(ctx, tx, plan.id, "overridden");
    tellOverride(
      tx,
      { id, plan_id: plan.id, scope: parsed.scope },
      twoPeople ? "pending" : "active",
      now,
    );
    return readOverride(ctx, tx, id, effective.rules.digest);
  });
}

export async function readOverride(
  ctx: MemberContext,
  tx: CommandTransaction,
  id: string,
  rulesDigest: string,
): Promise<OverrideView> {
  const row = await lockOverride(tx.db, ctx.tenantId, id);
  if (row === undefined) throw noSuchOverride();
  return viewOverride(row, rulesDigest);
}

function refuseVoid({ voidBecause }: Effective): void {
  if (voidBecause === null) return;
  throw new NofxError("verdict_void", {
    detail: "What was judged has changed since: plan again, then override what is found then.",
    data: { because: voidBecause },
  });
}

async function refuseUnknown(
  tx: CommandTransaction,
  planId: string,
  { rules }: Effective,
  { rule, step }: Scope,
): Promise<void> {
  if (rule !== null && !rules.rules.some(({ name }) => name === rule)) {
    throw new NofxError("not_found", {
      detail: `There is no rule "${rule}" in this tenant. The plan's gates name the rules that found something.`,
    });
  }
  if (step === null) return;
  const found = await tx.db
    .selectFrom("plan_steps")
    .select("id")
    .where("plan_id", "=", planId)
    .where("name", "=", step)
    .executeTakeFirst();
  if (found === undefined) {
    throw new NofxError("not_found", { detail: `There is no step "${step}" in this plan.` });
  }
}

interface Scope {
  scope: "plan" | "step" | "rule";
  rule: string | null;
  step: string | null;
}

/** What it would lift: nothing is lifted in advance but the change window, which closes by the clock. */
function coveredBy({ left }: Effective, scope: Scope): GateFinding[] {
  const covered = left.filter((finding) => finding.verdict !== "allow" && lifts(scope, finding));
  if (covered.length > 0 || scope.rule === changeWindow.name) return covered;
  throw new NofxError("nothing_to_override", {
    detail:
      "No gate warns or blocks there, or another override has lifted it already. Read the plan's gates.",
  });
}

/** Whether a second person is needed. Throws where one of the rules lets nobody override it. */
function policyOf(
  { rules }: Effective,
  covered: readonly GateFinding[],
  named: string | null,
): boolean {
  const names = new Set(covered.map((finding) => finding.rule));
  if (named !== null) names.add(named);
  const policies = new Map(rules.rules.map((rule) => [rule.name, rule.override]));
  // a finding of a rule that is there no more cannot be answered for
  const closed = [...names].filter((name) => (policies.get(name) ?? "none") === "none");
  if (closed.length > 0) {
    throw new NofxError("rule_locked", {
      detail: `Nobody may override ${closed.join(", ")}: what it finds has to be corrected. Override single rules or steps beside it.`,
      data: { rules: closed },
    });
  }
  return [...names].some((name) => policies.get(name) === "two");
}
