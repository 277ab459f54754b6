import {
  BulkRedriveInput,
  GetDeadLetterInput,
  RedriveDeadLetterInput,
  type BulkRedriveResult,
  type RedriveDeadLetterResult,
} from "@nofx/core/api";
import { toId, toUuid } from "@nofx/core/vocabulary";
import {
  findLetterStep,
  insertRedriveBatch,
  matchDeadLetters,
  redriveLetter,
  type StepEdit,
} from "@nofx/db/queries";
import type { z } from "zod";
import type { MemberContext } from "../command/context.ts";
import { runCommand } from "../command/run-command.ts";
import type { CommandTransaction } from "../command/transaction.ts";
import { checkEdits } from "../runs/edits.ts";
import { inTheWay } from "../runs/fork.ts";
import { movedOn } from "./handle.ts";
import { noSuchLetter, toDeadLetterSummary } from "./view.ts";

const Input = RedriveDeadLetterInput.extend(GetDeadLetterInput.shape);
/** More than this share failing again says that nothing has been repaired. */
const STOP_PERCENT = 20;

/**
 * Tries a dead letter again: a new run goes on where the old one failed, with fresh budgets, and keeps what was done. Other
 * open letters of that run go along. With new arguments somebody else has to say yes before the step runs.
 */
export function redriveDeadLetter(
  ctx: MemberContext,
  input: z.input<typeof Input>,
): Promise<RedriveDeadLetterResult> {
  const spec = { name: "deadLetters.redrive", permission: "run.control", input: Input } as const;
  return runCommand(ctx, spec, input, async (tx, parsed) => {
    const letterId = toUuid("deadLetter", parsed.deadLetterId);
    const newRunId = ctx.plane.newUuid();
    const answer = await redriveLetter(tx.db, {
      tenantId: ctx.tenantId,
      letterId,
      version: parsed.version ?? null,
      newRunId,
      edit: parsed.with === undefined ? null : await editOf(ctx, tx, letterId, parsed.with),
      requesterName: ctx.name,
      correlationId: ctx.correlationId,
      traceparent: ctx.traceparent ?? null,
    });
    if (answer === undefined) throw noSuchLetter();
    if (answer.result === "conflict") throw movedOn(answer.status, answer.version);
    if (answer.result !== "redriven") throw inTheWay(answer);
    tx.nudge(newRunId);
    tx.ring({ for_workers: answer.for_workers ?? 0, for_agents: answer.for_agents ?? 0 });
    await tx.audit("dead_letter.redriven", {
      dead_letters: answer.letters,
      run_id: newRunId,
      edited: parsed.with !== undefined,
    });
    return {
      runId: toId("run", newRunId),
      deadLetterIds: answer.letters.map((id) => toId("deadLetter", id)),
      kept: answer.kept,
      pendingApprovals: answer.approvals,
    };
  });
}

async function editOf(
  ctx: MemberContext,
  tx: CommandTransaction,
  letterId: string,
  args: Record<string, unknown>,
): Promise<StepEdit | null> {
  const step = await findLetterStep(tx.db, letterId);
  if (step === undefined) throw noSuchLetter();
  return checkEdits(ctx, [step], { [step.name]: args }, () => ["with"])[step.name] ?? null;
}

/**
 * Redrives many, oldest first: a batch that the sweep works off at a pace, and that stops when too many fail again. A dry run
 * says what it would take.
 */
export function redriveDeadLetters(
  ctx: MemberContext,
  input: z.input<typeof BulkRedriveInput>,
): Promise<BulkRedriveResult> {
  const spec = {
    name: "deadLetters.redriveMany",
    permission: "run.control",
    input: BulkRedriveInput,
  } as const;
  return runCommand(ctx, spec, input, async (tx, parsed) => {
    const { filter, limit, dryRun, maxPerMinute, stopOnRepeat } = parsed;
    const { ids, byReason, sample } = await matchDeadLetters(tx.db, {
      ...filter,
      runId: filter.runId === undefined ? undefined : toUuid("run", filter.runId),
      tenantId: ctx.tenantId,
      statuses: ["new", "triaged"],
      limit,
    });
    const batchId = dryRun || ids.length === 0 ? null : ctx.plane.newUuid();
    if (batchId !== null) {
      await insertRedriveBatch(tx.db, {
        id: batchId,
        tenantId: ctx.tenantId,
        filter,
        letterIds: ids,
        maxPerMinute,
        stopPercent: stopOnRepeat ? STOP_PERCENT : null,
        correlationId: ctx.correlationId,
        traceparent: ctx.traceparent ?? null,
        createdBy: ctx.actor.id,
        createdByName: ctx.name,
      });
      tx.emit({
        type: "redrive_batch.started",
        payload: { batch_id: batchId, total: ids.length },
      });
      await tx.audit("dead_letter.redriven", { batch_id: batchId, dead_letters: ids });
    }
    return {
      batchId: batchId === null ? null : toId("redriveBatch", batchId),
      matched: ids.length,
      byReason,
      sample: sample.map(toDeadLetterSummary),
      minutes: ids.length === 0 ? 0 : Math.max(1, Math.ceil(ids.length / maxPerMinute)),
    };
  });
}
