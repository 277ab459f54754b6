import { isTerminalStep } from "../vocabulary/index.ts";
import { finish } from "./finish.ts";
import { mustMove } from "./move-step.ts";
import type { EngineModel } from "./state.ts";

/** The sweep for executors that died or froze. Answers which steps had lost theirs. */
export function reclaim(model: EngineModel, now: number, limit = Infinity): string[] {
  const lapsed = [...model.steps.values()]
    .filter((step) => step.leaseUntil !== null && step.leaseUntil <= now)
    .toSorted((a, b) => (a.leaseUntil ?? 0) - (b.leaseUntil ?? 0))
    .slice(0, limit);
  for (const step of lapsed) {
    mustMove(model, step, { type: "lapse", leaseRuns: false }, { now });
    step.runAt = now;
    if (step.status === "failed") step.error = { code: "poison_crash" };
  }
  const ended = lapsed.filter((step) => isTerminalStep(step.status)).map((step) => step.id);
  finish(model, [], ended, now);
  return lapsed.map((step) => step.id);
}
