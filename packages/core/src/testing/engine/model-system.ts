import * as engine from "../../model/index.ts";
import type { EngineModel, ModelClaim, ModelSettlement } from "../../model/index.ts";
import { LEASE_MS, MAX_ALL_RUNS, MAX_RUNS, RETRY_MS, WORKERS, type Action } from "./actions.ts";

/** The verbs that actions are carried out with: those of the model, or of a mutant of it. */
export type Verbs = Pick<
  typeof engine,
  "claim" | "renew" | "settle" | "checkpoint" | "wait" | "reclaim" | "cancelRun" | "pauseRun"
>;

/** What an action came to, told so that the model's and the database's can be compared. */
export type Outcome = unknown;

/** The model with its clock, and with what each worker believes that it holds. */
export interface ModelSystem {
  readonly model: EngineModel;
  readonly claims: readonly ModelClaim[][];
  now: number;
  /** False: there is nothing that the action could be about. */
  canApply(action: Action): boolean;
  /** `only`: the steps that the database took, where it may choose. */
  apply(action: Action, only?: readonly string[]): Outcome;
}

const HANDLERS = ["shell@1"];

export function createModelSystem(verbs: Verbs = engine): ModelSystem {
  const model = engine.emptyModel();
  const claims: ModelClaim[][] = WORKERS.map(() => []);
  const system: ModelSystem = {
    model,
    claims,
    now: 1,
    canApply: (action) => canApply(model, claims, action),
    apply: (action, only) => {
      system.now += 1;
      return apply(verbs, system, action, only);
    },
  };
  return system;
}

function canApply(model: EngineModel, claims: readonly ModelClaim[][], action: Action): boolean {
  if ("items" in action || ("worker" in action && action.do !== "claim"))
    return (claims[action.worker]?.length ?? 0) > 0;
  if (action.do === "fork" || action.do === "redrive") {
    if (model.runs.size >= MAX_ALL_RUNS) return false;
    if (action.do === "redrive") return model.deadLetters.length > 0;
  }
  if ("run" in action) return model.runs.has(runName(action.run));
  if (action.do === "enqueue") return model.runs.size < MAX_RUNS;
  if (action.do === "answer") return openQuestions(model).length > 0;
  if (action.do === "decide") return pendingApprovals(model).length > 0;
  if (action.do === "message") return model.steps.size > 0;
  return true;
}

function apply(
  verbs: Verbs,
  system: ModelSystem,
  action: Action,
  only: readonly string[] | undefined,
): Outcome {
  const { model, now } = system;
  const by = (worker: number) => executor(worker);
  switch (action.do) {
    case "enqueue": {
      const { steps, undoOrder } = action;
      return engine.enqueueRun(model, { id: runName(model.runs.size), steps, undoOrder }, now).id;
    }
    case "claim": {
      const options = { handlers: HANDLERS, limit: action.limit, leaseMs: LEASE_MS };
      const could = engine.claimable(model, by(action.worker), options, now);
      const chosen = only === undefined ? options : { ...options, only };
      const taken = verbs.claim(model, by(action.worker), chosen, now).toSorted(byId);
      for (const { id, epoch } of taken) system.claims[action.worker]?.push({ stepId: id, epoch });
      const steps = taken.map(({ id, epoch }) => `${id} ${epoch}`);
      // a last chance goes before all others, however urgent they are: there is one at a time
      const inOrder = taken.filter((step) => !engine.isLastChance(step));
      const last = Math.max(0, ...inOrder.map((step) => step.priority));
      const left = engine.claimable(model, by(action.worker), options, now);
      return {
        steps,
        enough: taken.length === Math.min(could.length, action.limit),
        urgentFirst: left.every((step) => step.priority >= last),
      };
    }
    case "heartbeat": {
      const claim = claimOf(system, action);
      const [answer] = verbs.renew(model, by(action.worker), [claim], LEASE_MS, now);
      return { held: answer?.held, cancelRequested: answer?.cancelRequested };
    }
    case "tick":
      system.now += action.ms;
      return null;
    case "settle":
      return verbs
        .settle(model, by(action.worker), settlementsOf(system, action), now)
        .map(({ stepId, result, status, reason }) => ({ stepId, result, status, reason }));
    case "checkpoint": {
      const claim = claimOf(system, action);
      const value = `${action.name} ${claim.epoch}`;
      const stored = verbs.checkpoint(model, claim, action.name, value, action.undo, now);
      return stored === null ? "lease_lost" : stored;
    }
    case "wait": {
      const answer = verbs.wait(model, claimOf(system, action), action.name, action.options, now);
      if (answer === null) return "lease_lost";
      return { held: answer.held, met: answer.met, kind: answer.kind };
    }
    case "spawn": {
      const children = action.names.map((name) => ({ name }));
      const made = engine.spawn(model, claimOf(system, action), children, now);
      if (made === null) return "lease_lost";
      return made
        .filter((one) => one.step !== null)
        .map(({ name, created }) => ({ name, created }));
    }
    case "ask":
      return (
        engine.requestApproval(model, claimOf(system, action), "ask", action.digest, now) ??
        "lease_lost"
      );
    case "event":
      return engine.sendEvent(
        model,
        { name: action.name, ...(action.key === null ? {} : { key: action.key }) },
        now,
      );
    case "message": {
      const step = [...model.steps.values()].toSorted(byId)[action.pick % model.steps.size];
      const sent = engine.sendMessage(
        model,
        { toStep: step?.id ?? "", channel: action.channel },
        now,
      );
      return sent.ok ? { ended: sent.ended } : sent.code;
    }
    case "answer": {
      const open = openQuestions(model);
      return engine.answerWait(model, open[action.pick % open.length]?.id ?? "", "yes", now);
    }
    case "decide": {
      const open = pendingApprovals(model);
      const approval = open[action.pick % open.length];
      return engine.decideApproval(model, approval?.id ?? "", action.decision, now);
    }
    case "cancel":
      return verbs.cancelRun(model, runName(action.run), { compensate: action.compensate }, now);
    case "pause":
      return verbs.pauseRun(model, runName(action.run), now);
    case "resume":
      return engine.resumeRun(model, runName(action.run), now);
    case "fork": {
      const { from, keep } = action;
      const fork = { source: runName(action.run), id: runName(model.runs.size), from, keep };
      return engine.forkRun(model, fork, now);
    }
    case "redrive": {
      const letters = model.deadLetters.toSorted((a, b) => (a.stepId < b.stepId ? -1 : 1));
      const letter = letters[action.pick % letters.length];
      return engine.redrive(model, letter?.id ?? "", runName(model.runs.size), now);
    }
    case "sweep":
      engine.wakeTimers(model, now);
      verbs.reclaim(model, now);
      engine.expireDeadlines(model, now);
      return null;
  }
}

export function runName(index: number): string {
  return `r${index}`;
}

export function executor(worker: number) {
  return { type: "worker", owner: WORKERS[worker] ?? "", tenantId: null } as const;
}

/** The claim that an action is about: any that this worker ever got, so most are stale after a while. */
export function claimOf(
  system: Pick<ModelSystem, "claims">,
  { worker, pick }: { readonly worker: number; readonly pick: number },
): ModelClaim {
  const held = system.claims[worker] ?? [];
  // the latest first, which are more often still held
  return held[held.length - 1 - (pick % held.length)] ?? { stepId: "", epoch: 0 };
}

export function settlementsOf(
  system: Pick<ModelSystem, "claims">,
  action: Extract<Action, { do: "settle" }>,
): ModelSettlement[] {
  const chosen = new Map<string, ModelSettlement>();
  for (const { pick, outcome, retry } of action.items) {
    const { stepId, epoch } = claimOf(system, { worker: action.worker, pick });
    if (chosen.has(stepId)) continue;
    chosen.set(
      stepId,
      outcome === "failed"
        ? {
            stepId,
            epoch,
            outcome,
            error: { code: retry ? "timeout" : "exit_nonzero" },
            retryMs: retry ? RETRY_MS : undefined,
          }
        : outcome === "succeeded"
          ? { stepId, epoch, outcome, output: epoch }
          : { stepId, epoch, outcome },
    );
  }
  return [...chosen.values()];
}

export function openQuestions(model: EngineModel) {
  return model.waits
    .filter((one) => one.kind === "person" && one.status === "open")
    .toSorted((a, b) => byId({ id: `${a.stepId} ${a.name}` }, { id: `${b.stepId} ${b.name}` }));
}

export function pendingApprovals(model: EngineModel) {
  return [...model.approvals.values()]
    .filter((one) => one.status === "pending")
    .toSorted((a, b) =>
      byId(
        { id: `${a.stepId} ${a.name} ${a.digest}` },
        { id: `${b.stepId} ${b.name} ${b.digest}` },
      ),
    );
}

export function byId(a: { readonly id: string }, b: { readonly id: string }): number {
  return a.id < b.id ? -1 : 1;
}
