import { transitionRun } from "../machine/index.ts";
import { mustMove } from "./move-step.ts";
import { runOf, tell, type ModelExecutor } from "./rows.ts";
import { runState } from "./count-down.ts";
import type { EngineModel, ModelStep } from "./state.ts";

export interface ClaimOptions {
  /** What the caller has code for, as kind@version. */
  readonly handlers: readonly string[];
  readonly limit: number;
  readonly leaseMs: number;
  readonly capabilities?: readonly string[];
  /** Only these: for a caller that was told by the database which ones it took. */
  readonly only?: readonly string[];
}

/** Takes up to `limit` claimable steps, in the order of work. Answers copies, as an executor gets them. */
export function claim(
  model: EngineModel,
  by: ModelExecutor,
  options: ClaimOptions,
  now: number,
): Readonly<ModelStep>[] {
  const taken = claimable(model, by, options, now).slice(0, options.limit);
  for (const step of taken) {
    mustMove(
      model,
      step,
      { type: "claim", due: step.runAt <= now },
      { now, owner: by.owner, leaseMs: options.leaseMs },
    );
    const run = runOf(model, step.runId);
    const begun = transitionRun(runState(run), { type: "claimed" });
    if (!begun.ok) throw new Error(`${run.id} refuses a claim: ${begun.code}`);
    run.status = begun.next.status;
    if (begun.tell !== null) {
      run.startedAt = now;
      tell(model, begun.tell, { runId: run.id }, now);
    }
  }
  return taken.map((step) => ({ ...step }));
}

/**
 * All steps that this caller could take now, in the order of work. Of those that one more crash would end, a worker holds one
 * at a time: what kills its executor takes nobody with it.
 */
export function claimable(
  model: EngineModel,
  by: ModelExecutor,
  options: Omit<ClaimOptions, "limit" | "leaseMs">,
  now: number,
): ModelStep[] {
  const all = [...model.steps.values()];
  let lastChances =
    by.type === "agent"
      ? Infinity
      : all.some((step) => step.leaseOwner === by.owner && isLastChance(step))
        ? 0
        : 1;
  return all
    .filter(
      (step) =>
        step.status === "queued" &&
        step.holds === 0 &&
        step.runAt <= now &&
        (step.deadlineAt ?? Infinity) > now &&
        step.executor === by.type &&
        options.handlers.includes(step.handler) &&
        (by.tenantId === null || by.tenantId === step.tenantId) &&
        (by.type === "worker" || (options.capabilities ?? []).includes(step.capability ?? "")) &&
        (options.only === undefined || options.only.includes(step.id)),
    )
    .toSorted((a, b) => a.priority - b.priority || a.runAt - b.runAt || (a.id < b.id ? -1 : 1))
    .filter((step) => !isLastChance(step) || lastChances-- > 0);
}

export function isLastChance(step: ModelStep): boolean {
  return step.crashes > 0 && step.crashes + 1 >= step.maxCrashes;
}
