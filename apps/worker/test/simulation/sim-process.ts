import type { Clock } from "@nofx/core/seams";
import { virtualClock } from "@nofx/core/testing";
import type { Dice } from "./dice.ts";
import type { World } from "./world.ts";

interface Due {
  readonly from: "timer" | "network";
  readonly work: () => void;
}

/**
 * One process as its machine sees it: its clock runs a little fast or slow and shows another time of day; it can be frozen, when
 * all that falls due waits and then happens at once, and killed, after which nothing of it happens any more.
 */
export class SimProcess {
  readonly name: string;
  readonly clock: Clock;
  readonly #world: World;
  readonly #dice: Dice;
  readonly #rate: number;
  #skewMs: number;
  #state: "runs" | "frozen" | "dead" = "runs";
  #due: Due[] = [];
  #thawedAt = -1;

  constructor(world: World, name: string, dice: Dice, clock: { rate: number; skewMs: number }) {
    this.#world = world;
    this.name = name;
    this.#dice = dice;
    this.#rate = clock.rate;
    this.#skewMs = clock.skewMs;
    const bootedAt = dice.between(0, 1_000_000);
    this.clock = {
      ...virtualClock(world.time, {
        timer: (ms, work) => this.#timer(ms, work),
        date: () => world.date(world.now + this.#skewMs),
      }),
      now: () => bootedAt + world.now * this.#rate,
    };
  }

  get isAlive(): boolean {
    return this.#state !== "dead";
  }

  get isRunning(): boolean {
    return this.#state === "runs";
  }

  /** Whether it has had the time to look at what fell due: not in the very moment in which it was thawed. */
  get isAwake(): boolean {
    return this.#state === "runs" && this.#world.now > this.#thawedAt;
  }

  /** Something reaches the process from outside. */
  deliver(work: () => void, from: Due["from"] = "network"): void {
    if (this.#state === "frozen") this.#due.push({ from, work });
    else if (this.#state === "runs") work();
  }

  freeze(): void {
    if (this.#state === "runs") this.#state = "frozen";
  }

  /** Timers keep their order, and the network its own; which of them the process looks at first is chance. */
  thaw(): void {
    if (this.#state !== "frozen") return;
    this.#state = "runs";
    this.#thawedAt = this.#world.now;
    const due = this.#due.splice(0);
    const first = this.#dice.chance(0.5) ? "timer" : "network";
    for (const one of [
      ...due.filter(({ from }) => from === first),
      ...due.filter(({ from }) => from !== first),
    ]) {
      this.#world.time.in(0, () => this.deliver(one.work, one.from));
    }
  }

  kill(): void {
    this.#state = "dead";
    this.#due = [];
  }

  setWallClock(skewMs: number): void {
    this.#skewMs = skewMs;
  }

  #timer(ms: number, work: () => void): () => void {
    let cancelled = false;
    const fire = () => {
      if (!cancelled) work();
    };
    const cancel = this.#world.time.in(ms / this.#rate, () => this.deliver(fire, "timer"));
    return () => {
      cancelled = true;
      cancel();
    };
  }
}
