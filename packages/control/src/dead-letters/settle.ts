import {
  AcceptLossInput,
  AcceptLossResult,
  GetDeadLetterInput,
  ResolveDeadLetterInput,
  type DeadLetterView,
} from "@nofx/core/api";
import { canonicalJson } from "@nofx/core/canonical";
import { NofxError } from "@nofx/core/errors";
import { toId } from "@nofx/core/vocabulary";
import { acceptLoss, askAcceptLoss, resolveLetter, type SettledLetter } from "@nofx/db/queries";
import type { z } from "zod";
import type { MemberContext } from "../command/context.ts";
import { runCommand } from "../command/run-command.ts";
import type { CommandTransaction } from "../command/transaction.ts";
import { inTheWay } from "../runs/fork.ts";
import { movedOn } from "./handle.ts";
import { loadDeadLetter, toDeadLetterView } from "./view.ts";

const ResolveInput = ResolveDeadLetterInput.extend(GetDeadLetterInput.shape);
const LossInput = AcceptLossInput.extend(GetDeadLetterInput.shape);

/**
 * Ends what could not be undone because it was taken back by other means, on somebody's word and evidence. What had to wait
 * for it is undone now.
 */
export function resolveDeadLetter(
  ctx: MemberContext,
  input: z.input<typeof ResolveInput>,
): Promise<DeadLetterView> {
  const spec = {
    name: "deadLetters.resolve",
    permission: "run.control",
    input: ResolveInput,
  } as const;
  return runCommand(ctx, spec, input, async (tx, { deadLetterId, evidence, version }) => {
    const letter = await loadDeadLetter(ctx, tx, deadLetterId);
    refuseUnlessCompensation(letter.stage);
    const answer = await resolveLetter(tx.db, {
      tenantId: ctx.tenantId,
      letterId: letter.id,
      version: version ?? null,
      evidence,
      newRunId: ctx.plane.newUuid(),
      requesterName: ctx.name,
      correlationId: ctx.correlationId,
      traceparent: ctx.traceparent ?? null,
    });
    settled(tx, letter.run_id, answer);
    await tx.audit("dead_letter.resolved", {
      dead_letter_id: letter.id,
      evidence_digest: ctx.plane.sha256(evidence),
    });
    return toDeadLetterView(await loadDeadLetter(ctx, tx, deadLetterId));
  });
}

/** Asks somebody else to agree that an effect stays although it was to be undone. */
export function requestLossAcceptance(
  ctx: MemberContext,
  input: z.input<typeof LossInput>,
): Promise<AcceptLossResult> {
  const spec = {
    name: "deadLetters.acceptLoss",
    permission: "run.control",
    input: LossInput,
  } as const;
  return runCommand(ctx, spec, input, async (tx, { deadLetterId, reason, version }) => {
    const letter = await loadDeadLetter(ctx, tx, deadLetterId);
    refuseUnlessCompensation(letter.stage);
    const shown = {
      dead_letter: letter.id,
      version: letter.version,
      step: letter.step_name,
      effect: letter.title,
      error: letter.error.code,
      reason,
    };
    const answer = await askAcceptLoss(tx.db, {
      tenantId: ctx.tenantId,
      letterId: letter.id,
      version: version ?? letter.version,
      reason,
      arguments: shown,
      digest: ctx.plane.sha256(canonicalJson(shown)),
      requesterName: ctx.name,
      correlationId: ctx.correlationId,
    });
    if (answer?.approval_id === undefined) throw movedOn(answer?.status ?? "gone", answer?.version);
    if (answer.result === "asked_before" && answer.status !== "pending") {
      throw new NofxError("conflict", {
        detail: `This was asked before and is ${answer.status}. Give another reason to ask again.`,
      });
    }
    tx.nudge(letter.run_id);
    await tx.audit("approval.requested", {
      approval_id: answer.approval_id,
      dead_letter_id: letter.id,
    });
    return AcceptLossResult.parse({ approvalId: toId("approval", answer.approval_id) });
  });
}

/** Carries out a yes to accepting a loss. Does nothing where the approval is about something else. */
export async function carryOutAcceptance(
  ctx: MemberContext,
  tx: CommandTransaction,
  approvalId: string,
  asked: Record<string, unknown>,
): Promise<void> {
  const answer = await acceptLoss(tx.db, approvalId, ctx.plane.newUuid());
  if (answer === undefined) return;
  // the letter has changed since it was shown: the yes was to something else, and does nothing
  if (answer.result === "conflict") return;
  settled(tx, undefined, answer);
  await tx.audit("loss.accepted", {
    approval_id: approvalId,
    dead_letter_id: String(asked["dead_letter"]),
  });
}

function settled(
  tx: CommandTransaction,
  runId: string | undefined,
  answer: SettledLetter | undefined,
): void {
  if (answer?.result === "going" && answer.run_id !== undefined) {
    throw new NofxError("conflict", {
      detail: "Other effects of that run are being undone right now. Wait for the end of it.",
      data: { runId: toId("run", answer.run_id) },
    });
  }
  if (answer?.result !== "resolved") throw movedOn(answer?.status ?? "gone", answer?.version);
  const { rest } = answer;
  // what had to wait for this has no letter of its own: ended without undoing the rest, nobody would ever undo it
  if (rest?.result === "busy" || rest?.result === "going") throw inTheWay(rest);
  if (runId !== undefined) tx.nudge(runId);
  if (rest?.result !== "redriven") return;
  tx.nudge(rest.run_id);
  tx.ring({ for_workers: rest.for_workers ?? 0, for_agents: rest.for_agents ?? 0 });
}

function refuseUnlessCompensation(stage: string): void {
  if (stage === "compensate") return;
  throw new NofxError("conflict", {
    detail: "This step did its work or failed to: nothing has to be undone. Redrive or discard it.",
  });
}
