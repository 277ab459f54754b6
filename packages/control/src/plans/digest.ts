import { canonicalJson } from "@nofx/core/canonical";
import { planDigestInput } from "@nofx/core/gates";
import type { PlannedStep } from "@nofx/core/planner";
import { RiskLabel, StepKind, Undo } from "@nofx/core/vocabulary";
import { z } from "zod";
import type { Plane } from "../command/plane.ts";

/** What verdicts and approvals are bound to: every step as it was judged, and the folder that the run starts from. */
export function digestPlan(
  plane: Pick<Plane, "sha256">,
  plan: { version: number; workspace: string | null; steps: readonly PlannedStep[] },
): string {
  return plane.sha256(canonicalJson([planDigestInput(plan), plan.workspace]));
}

/** A stored step as the planner made it, for judging again what will run. */
export const StoredStep = z
  .object({
    name: z.string(),
    item_key: z.string(),
    title: z.string(),
    kind: StepKind,
    executor: z.enum(["worker", "agent"]),
    capability: z.string().nullable(),
    queue: z.string(),
    arguments: z.record(z.string(), z.unknown()),
    needs: z.array(z.string()),
    priority: z.int(),
    position: z.int(),
    sensitive: z.boolean(),
    risk: z.array(RiskLabel),
    labels: z.array(z.string()),
    owner: z.string().nullable(),
    undo: Undo.nullable(),
    pivot: z.boolean(),
    max_failures: z.int(),
    deadline_seconds: z.int(),
    token: z.string(),
  })
  .transform((row): PlannedStep => {
    const { item_key, arguments: args, max_failures, deadline_seconds, ...step } = row;
    return {
      ...step,
      itemId: item_key,
      with: args,
      maxFailures: max_failures,
      deadlineSeconds: deadline_seconds,
    };
  });
