import { DeadLetterSummary, DeadLetterView } from "@nofx/core/api";
import { NofxError } from "@nofx/core/errors";
import { maskSecrets } from "@nofx/core/gates";
import { toId, toUuid } from "@nofx/core/vocabulary";
import { findDeadLetter, type DeadLetterRecord } from "@nofx/db/queries";
import type { MemberContext } from "../command/context.ts";
import type { CommandTransaction } from "../command/transaction.ts";

export async function loadDeadLetter(
  ctx: MemberContext,
  tx: CommandTransaction,
  deadLetterId: string,
): Promise<DeadLetterRecord> {
  const row = await findDeadLetter(tx.db, ctx.tenantId, toUuid("deadLetter", deadLetterId));
  if (row === undefined) throw noSuchLetter();
  return row;
}

export function noSuchLetter(): NofxError {
  return new NofxError("not_found", { detail: "There is no such dead letter in this tenant." });
}

export function toDeadLetterSummary(row: DeadLetterRecord): DeadLetterSummary {
  const error = maskSecrets(row.error).value;
  return DeadLetterSummary.parse({
    id: toId("deadLetter", row.id),
    status: row.status,
    stage: row.stage,
    reason: row.reason,
    runId: toId("run", row.run_id),
    stepId: toId("step", row.step_id),
    stepName: row.step_name,
    title: row.title,
    kind: row.kind,
    planId: row.plan_id === null ? null : toId("plan", row.plan_id),
    pack: row.pack,
    error,
    failures: row.failures,
    crashes: row.crashes,
    version: row.version,
    note: row.note,
    redriveRunId: row.redrive_run === null ? null : toId("run", row.redrive_run),
    firstAt: row.first_at.toISOString(),
    lastAt: row.last_at.toISOString(),
  });
}

/** A dead letter with all that is known of it; secrets in its payload only when they were asked for. */
export function toDeadLetterView(row: DeadLetterRecord, reveal = false): DeadLetterView {
  const { value: payload, masked } = reveal
    ? { value: row.payload, masked: [] }
    : maskSecrets(row.payload);
  return DeadLetterView.parse({
    ...toDeadLetterSummary(row),
    payload,
    masked,
    revealed: reveal,
    history: row.history.map((attempt) => ({
      epoch: attempt.epoch,
      outcome: attempt.outcome,
      errorCode: attempt.error_code,
      message: attempt.message === null ? null : maskSecrets(attempt.message).value,
      executor: attempt.executor,
      workerVersion: attempt.worker_version,
      claimedAt: timestamp(attempt.claimed_at),
      finishedAt: timestamp(attempt.finished_at),
    })),
    workerVersion: row.worker_version,
    correlationId: row.correlation_id,
    triagedBy: row.triaged_by,
    compensationId: row.compensation_id === null ? null : toId("compensation", row.compensation_id),
    pendingApprovalId:
      row.pending_approval === null ? null : toId("approval", row.pending_approval),
    actions: actionsOn(row),
  });
}

function timestamp(value: string | null): string | null {
  return value === null ? null : new Date(value).toISOString();
}

function actionsOn(row: Pick<DeadLetterRecord, "status" | "stage">): DeadLetterView["actions"] {
  if (row.status !== "new" && row.status !== "triaged") return [];
  return row.stage === "compensate"
    ? ["triage", "redrive", "resolve", "acceptLoss"]
    : ["triage", "redrive", "discard"];
}
