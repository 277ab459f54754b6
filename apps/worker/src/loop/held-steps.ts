import type { HeldStep } from "@nofx/control/steps";
import { ReadyQueue } from "./ready-queue.ts";
import type { RunningStep } from "./running-step.ts";
import { Timeline } from "./timeline.ts";

/** A step that takes longer than this is worth a write of its own that marks it running: its first renewal. */
const SHOW_RUNNING_MS = 500;
/** A claim that got no slot for so long is somebody else's: what was known of how short steps are did not hold. */
const LONGEST_WAIT_MS = 1_000;

/**
 * The claims in a worker's hands, those with a slot and those that wait for one, and until when it may believe in each: until the
 * request that got or renewed it was sent, plus the lease, less a margin. After that it stops, whatever the database would say.
 *
 * Everything here is found without looking through all of them.
 */
export class HeldSteps {
  readonly #leaseMs: number;
  readonly #marginMs: number;
  /** The newest attempt of each step. */
  readonly #newest = new Map<string, RunningStep>();
  readonly #ready = new ReadyQueue<RunningStep>();
  readonly #leases = new Timeline<RunningStep>();
  readonly #dues = new Timeline<RunningStep>();
  #size = 0;
  #started = 0;

  constructor(leaseMs: number) {
    this.#leaseMs = leaseMs;
    this.#marginMs = Math.min(5_000, leaseMs / 6);
  }

  get size(): number {
    return this.#size;
  }

  /** How many have a slot. */
  get started(): number {
    return this.#started;
  }

  /** When there is something to do: a lease that runs out, one to renew, one to give back. */
  get nextDue(): number {
    return Math.min(this.#leases.next, this.#dues.next);
  }

  /** A claim that came; false where it is held already under this epoch. */
  add(running: RunningStep): boolean {
    const { stepId, epoch } = running.held;
    const earlier = this.#newest.get(stepId);
    running.earlier = earlier;
    this.#newest.set(stepId, running);
    this.#size += 1;
    running.leaseDue = this.#leases.put(this.#believedUntil(running), running);
    this.#ready.push(running.step.tenant_id, running);
    return earlier?.held.epoch !== epoch;
  }

  /** The next that is to have a slot, of another tenant than these. */
  next(except?: ReadonlySet<string>): RunningStep | undefined {
    for (;;) {
      const running = this.#ready.shift(except);
      if (running === undefined) return undefined;
      // given back meanwhile
      if (running.leaseDue === undefined) continue;
      running.isStarted = true;
      this.#started += 1;
      this.#dues.take(running.nextDue);
      const renewAt = running.sentAt + Math.min(SHOW_RUNNING_MS, this.#leaseMs / 3);
      running.nextDue = this.#dues.put(renewAt, running);
      return running;
    }
  }

  /** Those that got no slot now are given back, should they get none in time. */
  watch(claims: readonly RunningStep[]): void {
    for (const running of claims) {
      if (running.isStarted || running.leaseDue === undefined) continue;
      const until = running.sentAt + Math.min(LONGEST_WAIT_MS, this.#leaseMs / 3);
      running.nextDue = this.#dues.put(until, running);
    }
  }

  /** One whose lease the worker must not believe in any longer. */
  runOut(now: number): RunningStep | undefined {
    return this.#leases.shift(now);
  }

  /** One that is to be renewed; or given back, where it has no slot. */
  due(now: number): RunningStep | undefined {
    return this.#dues.shift(now);
  }

  renewed(running: RunningStep, sentAt: number): void {
    if (running.leaseDue === undefined || running.isLost) return;
    running.sentAt = sentAt;
    this.#leases.take(running.leaseDue);
    running.leaseDue = this.#leases.put(this.#believedUntil(running), running);
    this.#dues.take(running.nextDue);
    running.nextDue = this.#dues.put(sentAt + this.#leaseMs / 3, running);
  }

  /** Its renewal was not answered: it is due again. */
  notRenewed(running: RunningStep, now: number): void {
    if (running.leaseDue === undefined || running.isLost) return;
    running.nextDue = this.#dues.put(now, running);
  }

  /** It has ended, or is given back. */
  remove(running: RunningStep): void {
    this.#leases.take(running.leaseDue);
    this.#dues.take(running.nextDue);
    running.leaseDue = undefined;
    this.#size -= 1;
    if (running.isStarted) this.#started -= 1;
    this.#unlink(running);
    running.end();
  }

  /** How many have no slot yet, of other tenants than these. */
  waitingBeside(tenants: ReadonlySet<string>): number {
    let waiting = this.#size - this.#started;
    for (const tenantId of tenants) waiting -= this.#ready.of(tenantId);
    return Math.max(0, waiting);
  }

  /** Those that have no slot yet. */
  waiting(): RunningStep[] {
    return [...this.all()].filter((running) => !running.isStarted);
  }

  *all(): Generator<RunningStep> {
    for (const newest of this.#newest.values()) {
      for (let one: RunningStep | undefined = newest; one !== undefined; one = one.earlier) {
        yield one;
      }
    }
  }

  claims(): HeldStep[] {
    return [...this.all()].map(({ held }) => held);
  }

  #believedUntil({ sentAt }: RunningStep): number {
    return sentAt + this.#leaseMs - this.#marginMs;
  }

  #unlink(running: RunningStep): void {
    const { stepId } = running.held;
    const newest = this.#newest.get(stepId);
    if (newest === running) {
      if (running.earlier === undefined) this.#newest.delete(stepId);
      else this.#newest.set(stepId, running.earlier);
      return;
    }
    for (let one = newest; one !== undefined; one = one.earlier) {
      if (one.earlier === running) one.earlier = running.earlier;
    }
  }
}
