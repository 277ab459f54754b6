import { StartComparisonInput, type ComparisonView } from "@nofx/core/api";
import { MAX_COMPARED_ITEMS } from "@nofx/core/comparisons";
import { NofxError } from "@nofx/core/errors";
import { toId } from "@nofx/core/vocabulary";
import { insertComparison } from "@nofx/db/queries";
import type { z } from "zod";
import type { MemberContext } from "../command/context.ts";
import { parseInput, runCommand } from "../command/run-command.ts";
import { isEnabled, refuseWhenOff } from "../flags/is-enabled.ts";
import { packNamed } from "../plans/pack-named.ts";
import { draftOf, questionOf, sketchOf } from "./draft.ts";
import { getComparison } from "./list.ts";
import { runComparison } from "./run.ts";

/**
 * Puts the same question for a plan to several models. What is asked is stored first; the models are asked afterwards, outside of any
 * transaction, and each answer is stored as it comes. Repeated under its key it asks only those that have not answered.
 */
export async function startComparison(
  ctx: MemberContext,
  input: z.input<typeof StartComparisonInput>,
): Promise<ComparisonView> {
  const spec = {
    name: "comparisons.start",
    permission: "plan.create",
    input: StartComparisonInput,
  } as const;
  const open = await isEnabled(ctx, "FEATURE_AUTO_PLANNER");
  const { comparisonId } = await runCommand(ctx, spec, input, async (tx, parsed) => {
    refuseWhenOff(ctx, "FEATURE_AUTO_PLANNER", open);
    refuseUnknown(ctx, parsed.models);
    const pack = await packNamed(ctx, tx, parsed.pack);
    const subject = { pack, items: parsed.items };
    const { items, digest } = await questionOf(ctx, tx, subject);
    refuseTooMany(items.length);
    const id = ctx.plane.newUuid();
    await insertComparison(tx.db, {
      id,
      tenantId: ctx.tenantId,
      packId: pack.id,
      items: parsed.items,
      models: parsed.models,
      seed: parsed.seed,
      timeLimitMs: parsed.timeLimitSeconds * 1_000,
      promptDigest: digest,
      own: sketchOf(await draftOf(ctx, tx, subject)),
      createdBy: ctx.actor.id,
      createdByName: ctx.name,
    });
    await tx.audit("comparison.started", {
      comparison_id: id,
      pack_id: pack.id,
      models: parsed.models,
      prompt_digest: digest,
    });
    // what is in the backlog leaves the house by this
    await tx.audit("models.asked", {
      comparison_id: id,
      models: parsed.models,
      items: items.length,
      prompt_digest: digest,
    });
    return { comparisonId: toId("comparison", id) };
  });
  if (parseInput(StartComparisonInput, input).run) return runComparison(ctx, { comparisonId });
  return getComparison(ctx, { comparisonId });
}

function refuseUnknown(ctx: MemberContext, models: readonly string[]): void {
  const available = ctx.plane.models.available();
  const issues = models.flatMap((id, i) =>
    available.includes(id)
      ? []
      : [
          {
            path: `/models/${i}`,
            message: `this server cannot ask "${id}"; it can ask ${available.slice(0, 20).join(", ")}`,
          },
        ],
  );
  if (issues.length > 0) throw new NofxError("invalid_input", { issues });
}

function refuseTooMany(count: number): void {
  if (count > 0 && count <= MAX_COMPARED_ITEMS) return;
  throw new NofxError("invalid_input", {
    issues: [
      {
        path: "/items",
        message:
          count === 0
            ? "there is nothing to plan"
            : `${count} items do not fit into a question; choose at most ${MAX_COMPARED_ITEMS}, with what they need`,
      },
    ],
  });
}
