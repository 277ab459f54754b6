import { CancelRunInput, CancelStepInput, CancelStepResult, RunSummary } from "@nofx/core/api";
import { NofxError } from "@nofx/core/errors";
import { toId, toUuid } from "@nofx/core/vocabulary";
import {
  cancelRun as callOffRun,
  cancelStep as callOffStep,
  pauseRun as holdRun,
  resumeRun as releaseRun,
  type ControlAnswer,
} from "@nofx/db/queries";
import type { z } from "zod";
import type { MemberContext } from "../command/context.ts";
import { runCommand } from "../command/run-command.ts";
import type { CommandTransaction } from "../command/transaction.ts";
import { RunInput } from "./read.ts";
import { loadRun, toRunSummary } from "./view.ts";
import { whyIdle } from "./why-idle.ts";

const CancelInput = CancelRunInput.extend(RunInput.shape);
const CancelOneInput = CancelStepInput.extend(RunInput.shape);

/**
 * Calls off a run. Once this has answered no step of it begins any more, but for those that undo what was done. A step that
 * is being executed hears of it with its next heartbeat; what succeeds before that has succeeded.
 */
export function cancelRun(
  ctx: MemberContext,
  input: z.input<typeof CancelInput>,
): Promise<RunSummary> {
  const spec = { name: "runs.cancel", permission: "run.control", input: CancelInput } as const;
  return runCommand(ctx, spec, input, async (tx, { runId, compensate, reason }) => {
    const run = toUuid("run", runId);
    const answer = await found(
      ctx,
      tx,
      runId,
      await callOffRun(tx.db, {
        tenantId: ctx.tenantId,
        runId: run,
        compensate: compensate ?? null,
        reason: reason || null,
      }),
    );
    if (answer.result === "ended" && answer.status !== "cancelled") throw ended(answer);
    return changed(ctx, tx, runId, answer, ["run.cancelled", { reason, compensate }]);
  });
}

/** Calls off one step and what it spawned; what needs it is cancelled with it. */
export function cancelStep(
  ctx: MemberContext,
  input: z.input<typeof CancelOneInput>,
): Promise<CancelStepResult> {
  const spec = {
    name: "runs.cancelStep",
    permission: "run.control",
    input: CancelOneInput,
  } as const;
  return runCommand(ctx, spec, input, async (tx, { runId, stepName, reason }) => {
    const run = await loadRun(ctx, tx, runId);
    if (run.archived) throw ended({ result: "ended", status: run.status });
    const answer = await callOffStep(tx.db, {
      tenantId: ctx.tenantId,
      runId: run.id,
      stepName,
      reason: reason || null,
    });
    if (answer === undefined) {
      throw new NofxError("not_found", { detail: `This run has no step "${stepName}".` });
    }
    if (answer.result === "undoing") {
      throw new NofxError("conflict", {
        detail: "It undoes what was done. If it cannot be done, settle its dead letter instead.",
      });
    }
    if (answer.result === "ended" && answer.status !== "cancelled") {
      throw new NofxError("conflict", { detail: `The step has ${answer.status} already.` });
    }
    tell(tx, run.id, answer);
    if (answer.result === "cancelling") {
      await tx.audit("step.cancelled", {
        run_id: run.id,
        step_id: answer.step_id,
        ...digestOf(ctx, reason),
      });
    }
    return CancelStepResult.parse({
      runId,
      stepId: toId("step", answer.step_id),
      stepName,
      status: answer.status,
    });
  });
}

/** Lets nothing of a run begin until it is resumed, compensations and children included. */
export function pauseRun(ctx: MemberContext, input: z.input<typeof RunInput>): Promise<RunSummary> {
  const spec = { name: "runs.pause", permission: "run.control", input: RunInput } as const;
  return runCommand(ctx, spec, input, async (tx, { runId }) => {
    const run = toUuid("run", runId);
    const answer = await found(
      ctx,
      tx,
      runId,
      await holdRun(tx.db, { tenantId: ctx.tenantId, runId: run }),
    );
    if (answer.result === "ended") throw ended(answer);
    return changed(ctx, tx, runId, answer, ["run.paused", {}]);
  });
}

/** Lets a paused run go on. */
export function resumeRun(
  ctx: MemberContext,
  input: z.input<typeof RunInput>,
): Promise<RunSummary> {
  const spec = { name: "runs.resume", permission: "run.control", input: RunInput } as const;
  return runCommand(ctx, spec, input, async (tx, { runId }) => {
    const run = toUuid("run", runId);
    const answer = await found(
      ctx,
      tx,
      runId,
      await releaseRun(tx.db, { tenantId: ctx.tenantId, runId: run }),
    );
    if (answer.result === "ended") throw ended(answer);
    return changed(ctx, tx, runId, answer, ["run.resumed", {}]);
  });
}

/** The engine knows live runs only: one that is archived has ended. */
async function found(
  ctx: MemberContext,
  tx: CommandTransaction,
  runId: string,
  answer: ControlAnswer | undefined,
): Promise<ControlAnswer> {
  if (answer !== undefined) return answer;
  const { status } = await loadRun(ctx, tx, runId);
  return { result: "ended", status };
}

function ended(answer: ControlAnswer): NofxError {
  return new NofxError("run_finished", {
    detail: `It has ${answer.status} already. To run it again, rerun it or fork it.`,
    data: { status: answer.status },
  });
}

type Told = [
  "run.cancelled" | "run.paused" | "run.resumed",
  { reason?: string | undefined; compensate?: boolean | undefined },
];

async function changed(
  ctx: MemberContext,
  tx: CommandTransaction,
  runId: string,
  answer: ControlAnswer,
  [verb, { reason, compensate }]: Told,
): Promise<RunSummary> {
  const run = await loadRun(ctx, tx, runId);
  tell(tx, run.id, answer);
  if (["cancelling", "paused", "resumed"].includes(answer.result)) {
    await tx.audit(verb, {
      run_id: run.id,
      ...(compensate === undefined ? {} : { compensate }),
      ...digestOf(ctx, reason),
    });
  }
  return RunSummary.parse(toRunSummary(run, await whyIdle(ctx, tx, [run])));
}

/** The engine has written the events; what watches the run hears that there is something newer. */
function tell(tx: CommandTransaction, runId: string, answer: ControlAnswer): void {
  tx.nudge(runId);
  tx.ring({ for_workers: answer.for_workers ?? 0, for_agents: answer.for_agents ?? 0 });
}

function digestOf(ctx: MemberContext, reason: string | undefined): { reason_digest?: string } {
  return reason === undefined || reason === "" ? {} : { reason_digest: ctx.plane.sha256(reason) };
}
