import { planningPrompt, type PlanningPrompt } from "@nofx/core/comparisons";
import type { PlanDifferences, PlanSketch } from "@nofx/core/api";
import { canonicalJson } from "@nofx/core/canonical";
import { overall } from "@nofx/core/gates";
import type { ValidItem } from "@nofx/core/planner";
import { diffPlans, type ComparedStep } from "@nofx/core/planner/diff";
import { latestPlanVersion, loadPackItems } from "@nofx/db/queries";
import type { MemberContext } from "../command/context.ts";
import type { CommandTransaction } from "../command/transaction.ts";
import { draftPlan, type PlanDraft } from "../plans/draft-plan.ts";
import { selectItems } from "../plans/select-items.ts";

export interface Subject {
  readonly pack: { readonly id: string; readonly name: string };
  /** Keys that were asked for; all of the pack when absent. */
  readonly items: string[] | undefined;
}

/** What the models are asked about, as it stands in the backlog now. */
export interface Question {
  readonly items: readonly ValidItem[];
  readonly prompt: PlanningPrompt;
  readonly digest: string;
}

export async function questionOf(
  ctx: MemberContext,
  tx: CommandTransaction,
  { pack, items: keys }: Subject,
): Promise<Question> {
  const items = selectItems(await loadPackItems(tx.db, pack.id), keys);
  const prompt = planningPrompt(pack.name, items);
  return { items, prompt, digest: ctx.plane.sha256(canonicalJson({ ...prompt })) };
}

/** The plan as it would be stored, with `revise` between the backlog and the planner. */
export async function draftOf(
  ctx: MemberContext,
  tx: CommandTransaction,
  { pack, items }: Subject,
  revise?: (items: readonly ValidItem[]) => readonly ValidItem[],
): Promise<PlanDraft> {
  const version = ((await latestPlanVersion(tx.db, pack.id))?.version ?? 0) + 1;
  return draftPlan(ctx, tx, pack, { pack: pack.name, items, version, title: pack.name }, revise);
}

export function sketchOf({ steps, timetable, judgement }: PlanDraft): PlanSketch {
  const { evaluations } = judgement;
  return {
    steps: steps.length,
    makespanSeconds: timetable === undefined ? null : timetable.makespanMs / 1_000,
    ...overall(evaluations),
    gates: evaluations.map(({ gate, verdict, findings }) => ({
      gate,
      verdict,
      findings: findings.length,
    })),
  };
}

const CHANGES_KEPT = 50;

export function differencesOf(
  ours: PlanDraft,
  theirs: PlanDraft,
  guesses: readonly { readonly durationSeconds: number | null }[],
): PlanDifferences {
  const diff = diffPlans(toCompared(ours), toCompared(theirs));
  const kept = <T>(changes: readonly T[]) => changes.slice(0, CHANGES_KEPT);
  const seconds = guesses.flatMap(({ durationSeconds }) => durationSeconds ?? []);
  return {
    added: kept(diff.added),
    removed: kept(diff.removed),
    moved: kept(diff.moved),
    changed: kept(diff.changed).map((one) => ({ ...one, fields: [...one.fields] })),
    counts: {
      added: diff.added.length,
      removed: diff.removed.length,
      moved: diff.moved.length,
      changed: diff.changed.length,
      unchanged: diff.unchanged,
    },
    estimates: { items: seconds.length, seconds: seconds.reduce((sum, one) => sum + one, 0) },
  };
}

function toCompared({ steps, estimates, timetable }: PlanDraft): ComparedStep[] {
  return steps.map((step, i) => ({
    name: step.name,
    title: step.title,
    position: step.position,
    needs: step.needs,
    fields: { kind: step.kind, with: step.with, priority: step.priority },
    durationMs: estimates[i]?.durationMs.p50 ?? null,
    startMs: timetable?.startMs[i] ?? null,
  }));
}
