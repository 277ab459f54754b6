import { CreatePlanInput, type PlanView } from "@nofx/core/api";
import { overall, verdictsByStep } from "@nofx/core/gates";
import { layoutPlan } from "@nofx/core/planner";
import { toId } from "@nofx/core/vocabulary";
import {
  adoptComparisonRow,
  insertPlanSteps,
  lockLatestVersion,
  type PlanStepRow,
} from "@nofx/db/queries";
import type { z } from "zod";
import { takeSnapshot } from "../audit/take-snapshot.ts";
import type { MemberContext } from "../command/context.ts";
import { runCommand } from "../command/run-command.ts";
import type { CommandTransaction } from "../command/transaction.ts";
import { adoptedPlan } from "../comparisons/adopted-plan.ts";
import { isEnabled, refuseWhenOff } from "../flags/is-enabled.ts";
import { argumentsDigest } from "./arguments-digest.ts";
import { digestPlan } from "./digest.ts";
import { draftPlan, type PlanDraft } from "./draft-plan.ts";
import { openApprovals } from "./open-approvals.ts";
import { packNamed } from "./pack-named.ts";
import { standsUnchanged } from "./stands-unchanged.ts";
import { supersedeOlder } from "./supersede-older.ts";
import { viewPlan } from "./view.ts";

/**
 * Plans a pack: items become steps, gates judge them, the next version of the plan is stored with its verdicts. A warn
 * verdict and every sensitive step open an approval; without a warn the plan is approved at once; a block opens nothing.
 */
export async function createPlan(
  ctx: MemberContext,
  input: z.input<typeof CreatePlanInput>,
): Promise<PlanView> {
  const spec = { name: "plans.create", permission: "plan.create", input: CreatePlanInput } as const;
  const open = await isEnabled(ctx, "FEATURE_AUTO_PLANNER");
  return runCommand(ctx, spec, input, async (tx, parsed) => {
    refuseWhenOff(ctx, "FEATURE_AUTO_PLANNER", open);
    const pack = await packNamed(ctx, tx, parsed.pack);
    const parent = await lockLatestVersion(tx.db, pack.id);
    const plan = {
      id: ctx.plane.newUuid(),
      tenantId: ctx.tenantId,
      packId: pack.id,
      version: (parent?.version ?? 0) + 1,
      parentId: parent?.id ?? null,
      title: parsed.title ?? pack.title ?? pack.name,
      workspace: pack.workspace,
    };
    const adopted =
      parsed.from === undefined ? undefined : await adoptedPlan(ctx, tx, pack.name, parsed.from);
    const items = adopted === undefined ? parsed.items : adopted.items;
    const draft = await draftPlan(ctx, tx, pack, { ...parsed, ...plan, items }, adopted?.revise);
    if (parsed.reuse === true && parent !== undefined) {
      const standing = await standsUnchanged(ctx, tx, parent.id, { ...plan, draft });
      if (standing) return viewPlan(ctx, tx, toId("plan", parent.id));
    }
    await supersedeOlder(tx, pack.id);
    await store(ctx, tx, { plan, draft, model: adopted?.model });
    if (adopted !== undefined) {
      await adoptComparisonRow(tx.db, adopted.comparisonId, adopted.model, plan.id);
    }
    return viewPlan(ctx, tx, toId("plan", plan.id));
  });
}

interface NewPlan {
  plan: {
    id: string;
    tenantId: string;
    packId: string;
    version: number;
    parentId: string | null;
    title: string;
    workspace: string | null;
  };
  draft: PlanDraft;
  /** Whose plan it is, where it is not our planner's. */
  model: string | undefined;
}

async function store(ctx: MemberContext, tx: CommandTransaction, made: NewPlan): Promise<void> {
  const { plan, draft, model } = made;
  const { steps, judgement, timetable } = draft;
  const { evaluations } = judgement;
  const { verdict, score } = overall(evaluations);
  const digest = digestPlan(ctx.plane, { version: plan.version, workspace: plan.workspace, steps });
  const status = verdict === "block" ? "blocked" : verdict === "warn" ? "ready" : "approved";
  await tx.db
    .insertInto("plans")
    .values({
      id: plan.id,
      tenant_id: plan.tenantId,
      pack_id: plan.packId,
      version: plan.version,
      title: plan.title,
      workspace: plan.workspace,
      status,
      verdict,
      score,
      digest,
      step_count: steps.length,
      parent_id: plan.parentId,
      source: model === undefined ? "planner" : "model",
      model: model ?? null,
      makespan_seconds: timetable === undefined ? null : timetable.makespanMs / 1_000,
      lower_bound_seconds: timetable === undefined ? null : timetable.lowerBoundMs / 1_000,
      resources: JSON.stringify(draft.resources),
      forecast: JSON.stringify(draft.forecast),
      correlation_id: ctx.correlationId,
      created_by_type: "member",
      created_by: ctx.actor.id,
    })
    .execute();
  const sensitive = await insertPlanSteps(tx.db, plan, toRows(ctx, draft));
  await tx.db
    .insertInto("plan_evaluations")
    .values(
      evaluations.map((one) => ({
        tenant_id: plan.tenantId,
        plan_id: plan.id,
        gate: one.gate,
        verdict: one.verdict,
        score: one.score,
        digest,
        rules_digest: judgement.rulesDigest,
        findings: JSON.stringify(one.findings),
        steps: JSON.stringify(Object.fromEntries(verdictsByStep([one]))),
      })),
    )
    .execute();

  const payload = { plan_id: plan.id, digest };
  tx.emit({ type: "plan.created", payload });
  tx.emit({ type: verdict === "block" ? "plan.blocked" : "plan.ready", payload });
  if (status === "approved") tx.emit({ type: "plan.approved", payload });
  if (verdict !== "block") {
    await openApprovals(ctx, tx, { ...plan, digest, verdict }, steps, sensitive, judgement);
  }
  await tx.audit("plan.created", {
    plan_id: plan.id,
    version: plan.version,
    digest,
    steps: steps.length,
    ...(model !== undefined && { model }),
  });
  await tx.audit("verdict.given", {
    plan_id: plan.id,
    digest,
    rules_digest: judgement.rulesDigest,
    verdict,
    gates: evaluations.map((one) => ({ gate: one.gate, verdict: one.verdict })),
  });
  await takeSnapshot(ctx, tx, plan.id, "judged");
}

function toRows(ctx: MemberContext, draft: PlanDraft): PlanStepRow[] {
  const { steps, estimates, timetable } = draft;
  const places = layoutPlan(steps);
  const verdicts = verdictsByStep(draft.judgement.evaluations);
  return steps.map((step, i) => ({
    item_key: step.itemId,
    name: step.name,
    title: step.title,
    kind: step.kind,
    executor: step.executor,
    capability: step.capability,
    queue: step.queue,
    arguments: step.with,
    needs: step.needs,
    priority: step.priority,
    position: step.position,
    sensitive: step.sensitive,
    risk: step.risk,
    labels: step.labels,
    owner: step.owner,
    undo: step.undo,
    pivot: step.pivot,
    max_failures: step.maxFailures,
    deadline_seconds: step.deadlineSeconds,
    token: step.token,
    arguments_digest: argumentsDigest(ctx.plane, step),
    verdict: verdicts.get(step.name) ?? "allow",
    x: places[i]?.x ?? 0,
    y: places[i]?.y ?? 0,
    resources: step.resources ?? [],
    estimate: estimates[i],
    start_seconds: timetable === undefined ? null : (timetable.startMs[i] ?? 0) / 1_000,
    slack_seconds: timetable === undefined ? null : (timetable.slackMs[i] ?? 0) / 1_000,
    critical: timetable?.critical[i] ?? false,
  }));
}
