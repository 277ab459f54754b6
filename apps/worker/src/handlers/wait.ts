import { createHash } from "node:crypto";
import { metWaitOf, waitOptionsOf, type WorkerEngine } from "@nofx/control/steps";
import { TIMED_OUT, type WaitWith } from "@nofx/core/vocabulary";
import { StepFailed, type Handler } from "../catalog/handler.ts";
import { persist } from "../loop/persist.ts";

/** The one wait of a wait step; a step waits under this name. */
const NAME = "wait";
/** The option of a step that waits for one thing. */
const ONLY = "met";

/**
 * Waits as a step of its own. The first claim registers what is waited for and is put on hold, so no worker is held; once
 * something is met the step is claimed anew, and asking again returns what it was.
 */
export function createWaitHandler({ engine }: { engine: WorkerEngine }): Handler<WaitWith> {
  return async (run, args) => {
    const { step, held } = run;
    const { any, timeoutSeconds, onTimeout, ...only } = args;
    const options = waitOptionsOf(any ?? [{ option: ONLY, ...only }], timeoutSeconds, {
      title: step.title,
      why: `The plan asks here, in step "${step.name}".`,
      requester: `Step ${step.name}`,
      sha256: (text) => createHash("sha256").update(text).digest("hex"),
    });
    const answer = await persist(run, () => engine.wait(held, NAME, options));
    if (answer.held) return { type: "held" };
    const met = metWaitOf(answer);
    if (met.option === TIMED_OUT && onTimeout === "fail") {
      throw new StepFailed("wait_timed_out", `Nothing came within ${timeoutSeconds} s.`);
    }
    if (met.kind === "approval" && any === undefined) refuseUnlessApproved(met.payload);
    return {
      type: "succeeded",
      output: { met: met.option, kind: met.kind, payload: met.payload },
    };
  };
}

/** As the only thing to wait for, a question to people is one that has to be answered with yes. */
function refuseUnlessApproved(verdict: { status: string; reason: string | null }): void {
  if (verdict.status === "rejected") {
    const { reason } = verdict;
    throw new StepFailed(
      "approval_rejected",
      reason === null ? "People said no." : `People said no: ${reason}`,
    );
  }
  if (verdict.status !== "approved") {
    throw new StepFailed("approval_expired", "Nobody answered in time.");
  }
}
