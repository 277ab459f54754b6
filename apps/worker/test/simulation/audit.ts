import { stepsOf, type ModelAttempt, type ModelRun, type ModelStep } from "@nofx/core/model";
import { HOLD_BITS, isTerminalRun, isTerminalStep } from "@nofx/core/vocabulary";
import type { People } from "./people.ts";
import type { World } from "./world.ts";

interface Remembered {
  status: string;
  ended: string | null;
  epoch: number;
  failures: number;
  crashes: number;
}

/** The invariants of the specification, looked at after everything that the database did (docs/specs/STATE_MACHINE_V1.md). */
export class Audit {
  readonly #world: World;
  readonly #people: People;
  readonly #steps = new Map<string, Remembered>();
  readonly #runs = new Map<string, string>();
  readonly #attempts = new Map<string, ModelAttempt[]>();
  #seenAttempts = 0;
  #seenEvents = 0;
  #told = { claims: 0, ends: 0 };

  constructor(world: World, people: People) {
    this.#world = world;
    this.#people = people;
  }

  check(): void {
    const { model } = this.#world;
    this.#readAttempts();
    this.#readEvents();
    for (const step of model.steps.values()) this.#checkStep(step);
    for (const run of model.runs.values()) this.#checkRun(run);
    const claims = model.attempts.length;
    if (this.#told.claims !== claims)
      this.#blame(`I12: ${claims} claims, ${this.#told.claims} told`);
  }

  #blame(what: string): void {
    this.#world.blame(what);
  }

  #checkStep(step: ModelStep): void {
    const { id } = step;
    const leased = step.status === "assigned" || step.status === "running";
    if (isTerminalStep(step.status) !== (step.finalisedAt !== null)) {
      this.#blame(`I1: ${id} is ${step.status}, finalised at ${step.finalisedAt}`);
    }
    if (leased !== (step.leaseUntil !== null) || leased !== (step.leaseOwner !== null)) {
      this.#blame(`I3: ${id} is ${step.status} with a lease of ${step.leaseOwner}`);
    }
    const before = this.#steps.get(id);
    if (before !== undefined) this.#compare(step, before);
    const ended = isTerminalStep(step.status)
      ? `${step.status} ${JSON.stringify(step.output)} ${step.finalisedAt}`
      : null;
    this.#steps.set(id, {
      status: step.status,
      ended,
      epoch: step.epoch,
      failures: step.failures,
      crashes: step.crashes,
    });
    this.#checkAttempts(step, leased);
    if (step.status === "queued") this.#checkNeeds(step);
  }

  #compare(step: ModelStep, before: Remembered): void {
    const { id } = step;
    if (before.ended !== null) {
      const now = `${step.status} ${JSON.stringify(step.output)} ${step.finalisedAt}`;
      if (now !== before.ended) this.#blame(`I2, I5: ${id} was ${before.ended}, is ${now}`);
    }
    if (step.epoch < before.epoch) this.#blame(`I3: the epoch of ${id} fell`);
    if (step.failures < before.failures || step.crashes < before.crashes) {
      this.#blame(`${id} forgot a failure or a crash`);
    }
  }

  #checkAttempts(step: ModelStep, leased: boolean): void {
    const attempts = this.#attempts.get(step.id) ?? [];
    const open = attempts.filter((one) => one.outcome === null);
    if (open.length !== (leased ? 1 : 0) || (leased && open[0]?.epoch !== step.epoch)) {
      this.#blame(`I3: ${step.id} is ${step.status} with ${open.length} open attempts`);
    }
    const won = attempts.filter((one) => one.outcome === "succeeded").length;
    if (won !== (step.status === "succeeded" ? 1 : 0)) {
      this.#blame(`I4: ${step.id} is ${step.status} with ${won} successes`);
    }
    if (attempts.length !== step.epoch)
      this.#blame(`I3: ${step.id} has ${attempts.length} attempts`);
  }

  /** I11, of one step: what it waits for is what has not ended as it should. */
  #checkNeeds(step: ModelStep): void {
    const { model } = this.#world;
    const unmet = model.dependencies.filter((one) => {
      if (one.stepId !== step.id) return false;
      const status = model.steps.get(one.dependsOn)?.status ?? "queued";
      return one.required ? status !== "succeeded" : !isTerminalStep(status);
    }).length;
    const held = (step.holds & HOLD_BITS.dependency) !== 0;
    if (unmet !== step.depsLeft || held !== unmet > 0) {
      this.#blame(`I11: ${step.id} counts ${step.depsLeft} needs, has ${unmet}`);
    }
  }

  #checkRun(run: ModelRun): void {
    const { model } = this.#world;
    const open = stepsOf(model, run.id).filter((step) => !isTerminalStep(step.status)).length;
    if (open !== run.stepsLeft) this.#blame(`I11: ${run.id} counts ${run.stepsLeft}, has ${open}`);
    if (isTerminalRun(run.status) !== (open === 0)) {
      this.#blame(`I11: ${run.id} is ${run.status} with ${open} open steps`);
    }
    const before = this.#runs.get(run.id);
    const now = isTerminalRun(run.status) ? run.status : undefined;
    if (before !== undefined && before !== now) {
      this.#blame(`I2: ${run.id} was ${before}, is ${run.status}`);
    }
    if (now !== undefined && before === undefined) {
      this.#runs.set(run.id, now);
      this.#checkUndone(run);
    }
  }

  /** A run that ends badly has taken back what it did, unless a pivot was passed or nobody wanted that. */
  #checkUndone(run: ModelRun): void {
    const { model } = this.#world;
    const entries = model.compensations.filter((one) => one.runId === run.id);
    const pivoted = stepsOf(model, run.id).some((one) => one.pivot && one.status === "succeeded");
    const due = run.status !== "succeeded" && run.compensate && !pivoted;
    for (const { stepId, status, undoStep } of entries) {
      const undo = undoStep === null ? undefined : model.steps.get(undoStep)?.status;
      // what is undone after one whose undoing failed stays as it is, until people redrive that
      const isLeft = status === "registered" && undo === "cancelled";
      const isWell = due
        ? status === "undone" || status === "failed" || isLeft
        : undo === undefined;
      if (!isWell) {
        this.#blame(`saga: ${run.id} is ${run.status}, the effect of ${stepId} is ${status}`);
      }
      if (isLeft && run.compensation !== "failed") {
        this.#blame(`saga: ${run.id} is ${run.compensation}, the effect of ${stepId} is left`);
      }
      if ((status === "undone") !== (undo === "succeeded")) {
        this.#blame(`saga: the effect of ${stepId} is ${status}, its undo step is ${undo}`);
      }
    }
  }

  /** New claims: I8, I9. */
  #readAttempts(): void {
    const { model } = this.#world;
    for (const attempt of model.attempts.slice(this.#seenAttempts)) {
      const { stepId, epoch, claimedAt } = attempt;
      const of = this.#attempts.get(stepId) ?? [];
      this.#attempts.set(stepId, [...of, attempt]);
      const step = model.steps.get(stepId);
      const run = model.runs.get(step?.runId ?? "");
      if (step === undefined || run === undefined) return this.#blame(`${stepId} has no run`);
      if (run.cancelRequestedAt !== null && step.undoOf === null) {
        this.#blame(`I8: ${stepId} began at ${claimedAt}, cancelled at ${run.cancelRequestedAt}`);
      }
      if (step.deadlineAt !== null && claimedAt >= step.deadlineAt) {
        this.#blame(`${stepId} began at ${claimedAt}, its time was over at ${step.deadlineAt}`);
      }
      if (run.pausedAt !== null) this.#blame(`${stepId} began while its run was paused`);
      const asked = [...model.approvals.values()].some(
        (one) => one.subject === "plan_step" && one.stepId === stepId,
      );
      if (asked && !this.#people.approvedAt.has(stepId)) {
        this.#blame(`I9: ${stepId} began as ${epoch} and nobody said yes`);
      }
    }
    this.#seenAttempts = model.attempts.length;
    return undefined;
  }

  #readEvents(): void {
    const { model } = this.#world;
    for (const event of model.events.slice(this.#seenEvents)) {
      if (event.type === "steps.claimed") this.#told.claims++;
      if (event.type === "run.queued") this.#told.ends++;
    }
    this.#seenEvents = model.events.length;
  }
}
