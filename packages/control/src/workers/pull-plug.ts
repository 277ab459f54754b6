import { PullPlugInput, type PulledPlug } from "@nofx/core/api";
import { NofxError } from "@nofx/core/errors";
import { toId, toUuid } from "@nofx/core/vocabulary";
import { findLocalClaim } from "@nofx/db/queries";
import type { z } from "zod";
import type { MemberContext } from "../command/context.ts";
import { authorise, runCommand, runQuery } from "../command/run-command.ts";
import { loadRun } from "../runs/view.ts";

/**
 * Freezes the worker that holds a step of the run, for longer than its lease: the lease moves on to a standby, and what the
 * frozen one sends when it thaws is refused. Harmless, and only where the local stack runs the workers.
 */
export async function pullPlug(
  ctx: MemberContext,
  input: z.input<typeof PullPlugInput>,
): Promise<PulledPlug> {
  authorise(ctx, "run.control");
  const claimed = await runQuery(ctx, PullPlugInput, input, async (tx, { runId }) => {
    await loadRun(ctx, tx, runId);
    return findLocalClaim(tx.db, toUuid("run", runId));
  });
  const { plug } = ctx.plane;
  if (plug === undefined) {
    throw new NofxError("not_local_stack", {
      detail: "Start it on one machine with `npm start` and pull the plug there.",
    });
  }
  // before the transaction: a process takes its time to start
  if (claimed !== undefined) await plug.standby();

  const spec = {
    name: "workers.pullPlug",
    permission: "run.control",
    input: PullPlugInput,
  } as const;
  return runCommand(ctx, spec, input, async (tx, { runId }) => {
    const run = await loadRun(ctx, tx, runId);
    const held = await findLocalClaim(tx.db, run.id);
    if (held === undefined) {
      throw new NofxError("nothing_to_freeze", {
        detail: "Try again while a step of this run runs on a worker.",
      });
    }
    const { worker, stepId, stepName, epoch } = held;
    const { seconds, standby } = await plug.freeze(worker);
    const body = { worker, step_id: stepId, run_id: run.id, epoch, seconds };
    tx.emit({
      type: "worker.frozen",
      runId: run.id,
      correlationId: run.correlation_id,
      payload: body,
    });
    await tx.audit("worker.frozen", body);
    return {
      worker,
      standby,
      stepId: toId("step", stepId),
      stepName,
      epoch,
      freezeSeconds: seconds,
    };
  });
}
