import { decideRetry } from "@nofx/core/machine";
import type { Random } from "@nofx/core/seams";
import { overdue, settle, type EngineDb } from "@nofx/db/leases";

/** Fails what agents hold for longer than its own time allows, each tried again or not as `timeout` says. */
export async function endOverdue(db: EngineDb, limit: number, random: Random): Promise<number> {
  let ended = 0;
  for (const step of await overdue(db, limit)) {
    const decision = decideRetry({
      code: "timeout",
      failures: step.failures + 1,
      maxFailures: step.max_failures,
      crashes: step.crashes,
      maxCrashes: step.max_crashes,
      random: random(),
    });
    const answer = await settle(db, { type: "worker", owner: step.owner, tenantId: null }, [
      {
        stepId: step.step_id,
        epoch: step.epoch,
        outcome: "failed",
        error: { code: "timeout", message: `The agent took longer than ${step.seconds} s.` },
        retryMs: decision.action === "retry" ? decision.delayMs : undefined,
      },
    ]);
    if (answer.results[0]?.result === "settled") ended += 1;
  }
  return ended;
}
