import type { ClaimedStep } from "@nofx/core/contract";
import type { AgentClient, Clock } from "../client/index.ts";
import type { Slots } from "./slots.ts";

/** What is given back is worth this long a wait for a server that does not answer. */
const GIVE_BACK_MS = 5_000;

export interface Claimed {
  readonly step: ClaimedStep;
  readonly leaseSeconds: number;
  /** When the claim was answered, on this process's clock. */
  readonly leasedAt: number;
}

export interface ReadyPorts {
  clock: Clock;
  client: AgentClient;
  slots: Slots;
  /** Executes one step; must not reject. */
  start: (claimed: Claimed) => Promise<void>;
}

/** Claimed steps on their way to a slot. One that got none within a third of its lease is given back, untouched. */
export class Ready {
  readonly #ports: ReadyPorts;
  readonly #closed = new AbortController();
  readonly #givingBack = new Set<Promise<void>>();
  #waiting: Claimed[] = [];
  #watching = false;

  constructor(ports: ReadyPorts) {
    this.#ports = ports;
    ports.slots.onFree = () => this.#startSome();
  }

  get size(): number {
    return this.#waiting.length;
  }

  add(steps: readonly ClaimedStep[], leaseSeconds: number): void {
    const leasedAt = this.#ports.clock.now();
    const claims = steps.map((step) => ({ step, leaseSeconds, leasedAt }));
    if (this.#closed.signal.aborted) return this.#giveBack(claims);
    this.#waiting.push(...claims);
    this.#startSome();
    if (this.#waiting.length > 0 && !this.#watching) void this.#watch();
  }

  /** Gives back what waits; resolves when it is given back or cannot be. */
  async close(): Promise<void> {
    this.#closed.abort();
    this.#giveBack(this.#waiting.splice(0));
    await Promise.all(this.#givingBack);
  }

  #startSome(): void {
    const { slots, start } = this.#ports;
    while (slots.free > 0) {
      const next = this.#waiting.shift();
      if (next === undefined) return;
      slots.start(start(next));
    }
  }

  async #watch(): Promise<void> {
    const { clock } = this.#ports;
    this.#watching = true;
    for (;;) {
      const [first] = this.#waiting;
      if (first === undefined) break;
      const left = first.leasedAt + (first.leaseSeconds * 1_000) / 3 - clock.now();
      if (left > 0) await clock.sleep(left, this.#closed.signal);
      else this.#giveBack([this.#waiting.shift() as Claimed]);
    }
    this.#watching = false;
  }

  #giveBack(claims: readonly Claimed[]): void {
    const { clock, client } = this.#ports;
    for (const { step } of claims) {
      const given = client
        .call(
          "release",
          { stepId: step.id },
          { epoch: step.epoch },
          { giveUpAt: clock.now() + GIVE_BACK_MS, timeoutMs: GIVE_BACK_MS },
        )
        // its lease runs out then
        .catch(() => {})
        .then(() => void this.#givingBack.delete(given));
      this.#givingBack.add(given);
    }
  }
}
