import { canonicalJson } from "@nofx/core/canonical";
import { readAnswer, reviseItems, type RefusalReason } from "@nofx/core/comparisons";
import { NofxError } from "@nofx/core/errors";
import type { ComparisonOutcome } from "@nofx/db/queries";
import type { MemberContext } from "../command/context.ts";
import type { CommandTransaction } from "../command/transaction.ts";
import type { PlanDraft } from "../plans/draft-plan.ts";
import { differencesOf, draftOf, sketchOf, type Question, type Subject } from "./draft.ts";

type Judged = Pick<
  ComparisonOutcome,
  "status" | "document" | "documentDigest" | "repairs" | "reasons" | "plan" | "differences"
>;

const MAX_REASONS = 20;

/** Reads a model's answer and holds it to what our own plans are held to: the validator, the planner, the schedule, the gates. */
export async function judgeAnswer(
  ctx: MemberContext,
  tx: CommandTransaction,
  { subject, question, ours }: { subject: Subject; question: Question; ours: PlanDraft },
  text: string,
): Promise<Judged> {
  const reading = readAnswer(text);
  if (!reading.ok) return { status: "refused", reasons: reading.reasons };
  const revision = reviseItems(subject.pack.name, question.items, reading);
  const { repairs } = revision;
  if (!revision.ok) return { status: "refused", repairs, reasons: revision.reasons };
  const { plan: document, items } = revision;
  const documentDigest = ctx.plane.sha256(canonicalJson(document));
  try {
    const draft = await draftOf(ctx, tx, subject, () => items);
    return {
      status: repairs.length > 0 ? "repaired" : "usable",
      document,
      documentDigest,
      repairs,
      plan: sketchOf(draft),
      differences: differencesOf(ours, draft, document.items),
    };
  } catch (error) {
    if (!NofxError.is(error) || error.code !== "plan_invalid") throw error;
    return { status: "refused", document, documentDigest, repairs, reasons: reasonsOf(error) };
  }
}

function reasonsOf({ issues }: NofxError): RefusalReason[] {
  return issues.slice(0, MAX_REASONS).map(({ item = null, message }) => ({
    code: "invalid" as const,
    item,
    message,
  }));
}
