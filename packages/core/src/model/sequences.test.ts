import fc from "fast-check";
import { describe, expect, test } from "vitest";
import * as engine from "./index.ts";
import { numRuns } from "../testing/index.ts";
import {
  LEASE_MS,
  aMove,
  actionsOf,
  changeViolations,
  claimOf,
  createModelSystem,
  settlementsOf,
  snapshotOf,
  violations,
  type Action,
  type ModelSystem,
  type Move,
  type Verbs,
} from "../testing/engine/index.ts";
import type { ModelClaim, Settled } from "./index.ts";

/**
 * Who holds what, as a person would keep it on paper: a lease begins with a claim, a heartbeat prolongs it, the clock or an
 * accepted word ends it. It knows nothing of the tables, and says which words must be accepted.
 */
class Paper {
  now = 0;
  readonly canApply: (action: Action) => boolean;
  readonly leases = new Map<string, { readonly epoch: number; readonly until: number }>();
  readonly epochs = new Map<string, number>();
  readonly successes = new Map<string, number>();
  /** The words that were accepted: saying one again is answered the same. */
  readonly said = new Set<string>();

  constructor(canApply: (action: Action) => boolean) {
    this.canApply = canApply;
  }

  holds({ stepId, epoch }: ModelClaim): boolean {
    const lease = this.leases.get(stepId);
    return lease?.epoch === epoch && lease.until > this.now;
  }
}

class Step implements fc.Command<Paper, ModelSystem> {
  readonly move: Move;

  constructor(move: Move) {
    this.move = move;
  }

  check = (paper: Readonly<Paper>) => actionsOf(this.move).some(paper.canApply);
  toString = () => JSON.stringify(this.move);

  run(paper: Paper, system: ModelSystem): void {
    for (const action of actionsOf(this.move))
      if (system.canApply(action)) this.#apply(paper, system, action);
  }

  #apply(paper: Paper, system: ModelSystem, action: Action): void {
    const before = snapshotOf(system.model);
    const subjects = "worker" in action && action.do !== "claim" ? claimsOf(system, action) : [];
    const outcome = system.apply(action);
    paper.now = system.now;
    expect(violations(system.model)).toEqual([]);
    expect(changeViolations(before, system.model)).toEqual([]);
    compare(paper, system, action, subjects, outcome);
  }
}

function claimsOf(system: ModelSystem, action: Extract<Action, { worker: number }>): ModelClaim[] {
  if (action.do === "settle") return settlementsOf(system, action);
  if (action.do === "claim") return [];
  return [claimOf(system, action)];
}

/** Whether the answer is the one that the paper gives, which is then brought up to date. */
function compare(
  paper: Paper,
  system: ModelSystem,
  action: Action,
  subjects: readonly ModelClaim[],
  outcome: unknown,
): void {
  const lost = outcome === "lease_lost";
  switch (action.do) {
    case "claim":
      for (const taken of (outcome as { steps: string[] }).steps) {
        const [stepId = "", epoch] = taken.split(" ");
        expect(Number(epoch)).toBe((paper.epochs.get(stepId) ?? 0) + 1);
        expect(paper.leases.get(stepId)?.until ?? 0).toBeLessThanOrEqual(paper.now);
        paper.epochs.set(stepId, Number(epoch));
        paper.leases.set(stepId, { epoch: Number(epoch), until: paper.now + LEASE_MS });
      }
      return;
    case "heartbeat":
      for (const { stepId, epoch } of subjects) {
        const held = paper.holds({ stepId, epoch });
        expect((outcome as { held: boolean }).held).toBe(held);
        if (held) paper.leases.set(stepId, { epoch, until: paper.now + LEASE_MS });
      }
      return;
    case "settle":
      (outcome as Settled[]).forEach(({ stepId, result, reason }, i) => {
        const { epoch } = subjects[i] ?? { epoch: 0 };
        const word = `${stepId} ${epoch} ${settlementsOf(system, action)[i]?.outcome}`;
        const accepted = paper.holds({ stepId, epoch });
        expect(result).toBe(accepted || paper.said.has(word) ? "settled" : "stale");
        expect(reason).toBe(result === "stale" ? "lost" : null);
        if (!accepted) return;
        paper.said.add(word);
        paper.leases.delete(stepId);
        if (word.endsWith("succeeded"))
          paper.successes.set(stepId, (paper.successes.get(stepId) ?? 0) + 1);
        expect(paper.successes.get(stepId) ?? 0).toBeLessThanOrEqual(1);
      });
      return;
    case "checkpoint":
    case "spawn":
      for (const claim of subjects) expect(lost).toBe(!paper.holds(claim));
      return;
    case "wait":
    case "ask":
      for (const claim of subjects) {
        expect(lost).toBe(!paper.holds(claim));
        if (!lost && (outcome as { held: boolean }).held) paper.leases.delete(claim.stepId);
      }
      return;
    default:
  }
}

function sequences(verbs?: Verbs, seen: (system: ModelSystem) => void = () => undefined) {
  const commands = fc.commands([aMove.map((move) => new Step(move))], {
    maxCommands: 60,
    size: "max",
  });
  return fc.property(commands, (steps) => {
    const real = createModelSystem(verbs);
    fc.modelRun(() => ({ model: new Paper(real.canApply), real }), steps);
    seen(real);
  });
}

function facts({ model }: ModelSystem): string[] {
  return [
    ...[...model.runs.values()].flatMap((run) => [
      `run ${run.status}`,
      `compensation ${run.compensation}`,
    ]),
    ...[...model.steps.values()].map((step) => `step ${step.status}`),
    ...model.attempts.map((one) => `attempt ${one.outcome ?? "open"}`),
    ...model.attempts.filter((one) => one.refusedOutcome !== null).map(() => "refused"),
    ...model.deadLetters.map((one) => `letter ${one.stage} ${one.reason}`),
    ...model.deadLetters.map((one) => `letter ${one.status}`),
    ...model.compensations.map((one) => `undo ${one.status}`),
    ...model.waits.map((one) => `wait ${one.kind} ${one.status}`),
    ...[...model.approvals.values()].map((one) => `${one.subject} ${one.status}`),
  ];
}

/** What has to come about now and then, or the sequences prove less than they seem to. */
const OFTEN = [
  ...["succeeded", "failed", "cancelled"].flatMap((end) => [`run ${end}`, `step ${end}`]),
  ...["none", "running"].map((one) => `compensation ${one}`),
  ...["succeeded", "failed", "released", "suspended", "lost"].map((one) => `attempt ${one}`),
  "refused",
  ...["retries_exhausted", "poison_crash", "deadline"].map((one) => `letter execute ${one}`),
  ...["registered", "undoing"].map((one) => `undo ${one}`),
  ...["event met", "children met", "timer lost", "message lost", "person lost"].map(
    (one) => `wait ${one}`,
  ),
  ...["approved", "rejected", "expired"].map((one) => `plan_step ${one}`),
];
const SELDOM = [
  ...["done", "failed"].map((one) => `compensation ${one}`),
  ...["undone", "failed"].map((one) => `undo ${one}`),
  "attempt cancelled",
  "letter compensate compensation_failed",
  ...["redriving", "resolved"].map((one) => `letter ${one}`),
  ...["timer met", "message met", "person met", "children lost"].map((one) => `wait ${one}`),
  ...["approved", "rejected", "expired", "cancelled"].map((one) => `step ${one}`),
];
const MUST_BE_SEEN = process.env["PROVE"] === "1" ? [...OFTEN, ...SELDOM] : OFTEN;

describe("over any sequence of commands", () => {
  test("the invariants hold, and every word is accepted exactly under its lease", () => {
    const seen = new Set<string>();
    const property = sequences(undefined, (system) => {
      for (const fact of facts(system)) seen.add(fact);
    });
    fc.assert(property, numRuns(20_000));
    expect(MUST_BE_SEEN.filter((fact) => !seen.has(fact))).toEqual([]);
  }, 600_000);
});

/** Mistakes that an engine could make; each must fall within the sequences that the right one passes. */
const MUTANTS: Record<string, Partial<Verbs>> = {
  "ends whatever is held, by its status alone": {
    settle: (model, by, settlements, now) => {
      const asHeld = settlements.map((one) => ({
        ...one,
        epoch: engine.stepOf(model, one.stepId).epoch,
      }));
      const holder = engine.stepOf(model, asHeld[0]?.stepId ?? "").leaseOwner;
      return engine.settle(model, { ...by, owner: holder ?? by.owner }, asHeld, now);
    },
  },
  "lets the owner settle under an older claim": {
    settle: (model, by, settlements, now) =>
      engine.settle(
        model,
        by,
        settlements.map((one) => ({ ...one, epoch: engine.stepOf(model, one.stepId).epoch })),
        now,
      ),
  },
  "takes a word after the lease": {
    settle: (model, by, settlements, now) => engine.settle(model, by, settlements, now - LEASE_MS),
  },
  "prolongs a lease that has run out": {
    renew: (model, by, items, leaseMs, now) =>
      engine.renew(model, by, items, 2 * leaseMs, now - leaseMs),
  },
  "claims what is held": {
    claim: (model, by, options, now) => {
      for (const step of model.steps.values())
        if (step.status === "assigned") step.status = "queued";
      return engine.claim(model, by, options, now);
    },
  },
  "begins steps while others that they need go on": {
    claim: (model, by, options, now) => {
      for (const step of model.steps.values()) step.holds &= ~1;
      return engine.claim(model, by, options, now);
    },
  },
  "overwrites a checkpoint": {
    checkpoint: (model, claim, name, value, undo, now) => {
      const at = model.checkpoints.findIndex(
        (one) => one.stepId === claim.stepId && one.name === name && one.epoch < claim.epoch,
      );
      if (at !== -1) model.checkpoints.splice(at, 1);
      return engine.checkpoint(model, claim, name, value, undo, now);
    },
  },
  "reclaims what is alive": {
    reclaim: (model, now) => engine.reclaim(model, now + LEASE_MS),
  },
  "begins steps after the cancel": {
    cancelRun: (model, runId, options, now) => {
      const run = engine.runOf(model, runId);
      if (run.finishedAt !== null || run.compensation !== "none") return false;
      run.cancelRequestedAt ??= now;
      return options.compensate ?? true;
    },
  },
  "begins steps of a paused run": {
    pauseRun: (model, runId, now) => {
      engine.runOf(model, runId).pausedAt ??= now;
      return true;
    },
  },
  "loses the hold of a wait": {
    wait: (model, claim, name, options, now) => {
      const answer = engine.wait(model, claim, name, options, now);
      if (answer?.held === true) engine.stepOf(model, claim.stepId).holds = 0;
      return answer;
    },
  },
};

test.each(Object.entries(MUTANTS))(
  "an engine that %s is found out",
  (_name, verbs) => {
    const property = sequences({ ...engine, ...verbs });
    expect(fc.check(property, { numRuns: 20_000, endOnFailure: true }).failed).toBe(true);
  },
  120_000,
);
