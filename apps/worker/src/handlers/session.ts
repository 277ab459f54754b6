import type { WorkerEngine } from "@nofx/control/steps";
import type { SessionWith } from "@nofx/core/vocabulary";
import { StepFailed, type Handler } from "../catalog/handler.ts";
import { persist } from "../loop/persist.ts";

/**
 * Several agents on one piece of work. Each claim hears what has ended below the step, does what the strategy makes of it, and goes back
 * on hold, so a session holds no worker while its agents work.
 */
export function createSessionHandler({
  engine,
}: {
  engine: Pick<WorkerEngine, "session">;
}): Handler<SessionWith> {
  return async (run, args) => {
    const answer = await persist(run, () => engine.session(run.held, args));
    if (answer.held) return { type: "held" };
    const { outcome } = answer;
    if (outcome.status === "called_off") return { type: "stopped" };
    if (outcome.status === "succeeded") return { type: "succeeded", output: outcome.output };
    throw new StepFailed(outcome.code, outcome.message);
  };
}
