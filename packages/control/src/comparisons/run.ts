import { OneComparison, type ComparisonView } from "@nofx/core/api";
import { PLAN_ANSWER_SCHEMA } from "@nofx/core/comparisons";
import { toId } from "@nofx/core/vocabulary";
import {
  claimComparisonRows,
  countUnfinished,
  endComparisonRow,
  loadLlmPrices,
  type ClaimedModel,
  type ComparisonOutcome,
  type ComparisonRecord,
} from "@nofx/db/queries";
import type { z } from "zod";
import type { MemberContext } from "../command/context.ts";
import { authorise, parseInput } from "../command/run-command.ts";
import { inTransaction, type CommandTransaction } from "../command/transaction.ts";
import { isEnabled, refuseWhenOff } from "../flags/is-enabled.ts";
import { askModel, type ModelAnswer } from "../model-router/ask-model.ts";
import type { PlanDraft } from "../plans/draft-plan.ts";
import { draftOf, questionOf, type Question, type Subject } from "./draft.ts";
import { judgeAnswer } from "./judge-answer.ts";
import { priceOf } from "./price-of.ts";
import { getComparison } from "./list.ts";
import { loadComparison } from "./view.ts";

/** A model's answer has to be read and judged within this, or another may ask again. */
const JUDGING_MS = 60_000;

interface Asking {
  readonly comparison: ComparisonRecord;
  readonly subject: Subject;
  readonly question: Question;
  readonly ours: PlanDraft;
}

/** Asks the models that nobody asks yet, all at once, each once; answers when all of these have an outcome. */
export async function runComparison(
  ctx: MemberContext,
  input: z.input<typeof OneComparison>,
): Promise<ComparisonView> {
  authorise(ctx, "plan.create");
  const { comparisonId } = parseInput(OneComparison, input);
  refuseWhenOff(ctx, "FEATURE_AUTO_PLANNER", await isEnabled(ctx, "FEATURE_AUTO_PLANNER"));
  const { asking, claimed } = await inTransaction(ctx, async (tx) => {
    const comparison = await loadComparison(ctx, tx, comparisonId);
    const pack = { id: comparison.pack_id, name: comparison.pack };
    const subject = { pack, items: comparison.items ?? undefined };
    const claim = await claimComparisonRows(
      tx.db,
      comparison.id,
      comparison.time_limit_ms + JUDGING_MS,
    );
    if (claim.length === 0) return { asking: undefined, claimed: [] };
    const question = await questionOf(ctx, tx, subject);
    const ours = await draftOf(ctx, tx, subject);
    return { asking: { comparison, subject, question, ours }, claimed: claim };
  });
  if (asking !== undefined) {
    // one that cannot be stored must not take the others' answers with it
    const stored = await Promise.allSettled(claimed.map((one) => askOne(ctx, asking, one)));
    const failed = stored.find((one) => one.status === "rejected");
    if (failed !== undefined) throw failed.reason;
  }
  return getComparison(ctx, { comparisonId });
}

async function askOne(ctx: MemberContext, asking: Asking, claimed: ClaimedModel): Promise<void> {
  const { comparison, question } = asking;
  const changed = question.digest !== comparison.prompt_digest;
  const answer = changed ? undefined : await ask(ctx, asking, claimed.model);
  await inTransaction(ctx, async (tx) => {
    const outcome =
      answer === undefined ? BACKLOG_CHANGED : await outcomeOf(ctx, tx, asking, claimed, answer);
    if (!(await endComparisonRow(tx.db, comparison.id, claimed, outcome))) return;
    if ((await countUnfinished(tx.db, comparison.id)) > 0) return;
    const { models, usable } = await loadComparison(ctx, tx, toId("comparison", comparison.id));
    const said = { comparison_id: comparison.id, models, usable };
    tx.emit({ type: "models.compared", payload: said });
    await tx.audit("models.compared", { ...said, prompt_digest: comparison.prompt_digest });
  });
}

const BACKLOG_CHANGED: ComparisonOutcome = {
  status: "failed",
  latencyMs: null,
  error: {
    code: "backlog_changed",
    message: "The items have changed since the comparison was made. Compare anew.",
  },
};

async function ask(
  { plane }: MemberContext,
  { comparison, question }: Asking,
  id: string,
): Promise<ModelAnswer> {
  const model = await plane.models.find(id);
  if (model === undefined) {
    return { ok: false, code: "unreachable", message: "This server cannot ask it.", latencyMs: 0 };
  }
  return askModel(plane.clock, model, {
    ...question.prompt,
    schema: { name: "plan", json: PLAN_ANSWER_SCHEMA },
    seed: comparison.seed,
    timeLimitMs: comparison.time_limit_ms,
  });
}

async function outcomeOf(
  ctx: MemberContext,
  tx: CommandTransaction,
  asking: Asking,
  { model }: ClaimedModel,
  answer: ModelAnswer,
): Promise<ComparisonOutcome> {
  const { latencyMs } = answer;
  if (!answer.ok) {
    return { status: "failed", latencyMs, error: { code: answer.code, message: answer.message } };
  }
  const prices = await loadLlmPrices(tx.db, ctx.tenantId, [model]);
  return {
    latencyMs,
    usage: answer.usage,
    ...priceOf(prices, answer.usage, ctx.plane.now().getTime()),
    ...(await judgeAnswer(ctx, tx, asking, answer.text)),
  };
}
