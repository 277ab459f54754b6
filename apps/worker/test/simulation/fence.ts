interface Holder {
  readonly epoch: number;
  readonly owner: string;
  until: number;
}

/**
 * The fence as the specification has it, kept apart from the model: who holds which step until when, from what callers were
 * told. It notices a model, or a database, that lets somebody in who may not.
 */
export class Fence {
  readonly #holders = new Map<string, Holder>();
  readonly #highest = new Map<string, number>();
  readonly #ended = new Map<string, string>();
  readonly #granted = new Map<string, number>();
  readonly #won = new Map<string, number>();
  readonly #blame: (what: string) => void;

  constructor(blame: (what: string) => void) {
    this.#blame = blame;
  }

  holds(stepId: string, epoch: number, owner: string, now: number): boolean {
    const holder = this.#holders.get(stepId);
    return holder?.epoch === epoch && holder.owner === owner && holder.until > now;
  }

  claimed(stepId: string, claim: Holder, now: number): void {
    const holder = this.#holders.get(stepId);
    if (holder !== undefined && holder.until > now) {
      this.#blame(`I3: ${stepId} claimed by ${claim.owner} while ${holder.owner} holds it`);
    }
    const before = this.#highest.get(stepId) ?? 0;
    if (claim.epoch <= before)
      this.#blame(`I3: ${stepId} claimed as ${claim.epoch} after ${before}`);
    this.#highest.set(stepId, claim.epoch);
    this.#granted.set(`${stepId}:${claim.epoch}`, claim.until);
    this.#holders.set(stepId, { ...claim });
  }

  renewed(stepId: string, claim: Holder, held: boolean, now: number): void {
    const holds = this.holds(stepId, claim.epoch, claim.owner, now);
    if (held !== holds)
      this.#blame(`renewal of ${stepId} by ${claim.owner}: ${held}, not ${holds}`);
    const holder = this.#holders.get(stepId);
    if (!held || holder === undefined) return;
    holder.until = claim.until;
    this.#granted.set(`${stepId}:${claim.epoch}`, claim.until);
  }

  /** A claim was ended, or something written under it, as the caller was told. */
  wrote(what: string, stepId: string, by: { epoch: number; owner: string }, now: number): void {
    if (!this.holds(stepId, by.epoch, by.owner, now)) {
      this.#blame(
        `fence: ${what} of ${stepId} under epoch ${by.epoch} by ${by.owner}, who holds it not`,
      );
    }
  }

  refused(what: string, stepId: string, by: { epoch: number; owner: string }, now: number): void {
    if (this.holds(stepId, by.epoch, by.owner, now)) {
      this.#blame(`fence: ${what} of ${stepId} refused to ${by.owner}, who holds it`);
    }
  }

  /** Answers whether this is news: the same word said again is not. */
  settled(
    stepId: string,
    by: { epoch: number; owner: string },
    outcome: string,
    now: number,
  ): boolean {
    const claim = `${stepId}:${by.epoch}`;
    if (this.#ended.get(claim) === outcome) return false;
    this.wrote(outcome, stepId, by, now);
    this.#ended.set(claim, outcome);
    this.#holders.delete(stepId);
    if (outcome !== "succeeded") return true;
    const won = this.#won.get(stepId);
    if (won !== undefined) this.#blame(`I4: ${stepId} committed as ${won} and as ${by.epoch}`);
    this.#won.set(stepId, by.epoch);
    return true;
  }

  /** Until when the database has ever let this claim hold, whatever became of it. */
  grantedUntil(stepId: string, epoch: number): number {
    return this.#granted.get(`${stepId}:${epoch}`) ?? 0;
  }

  /** The database took the step back, or put it on hold. */
  ended(stepId: string): void {
    this.#holders.delete(stepId);
  }
}
