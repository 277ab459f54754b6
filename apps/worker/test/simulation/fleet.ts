import type { Dice } from "./dice.ts";
import type { Network } from "./network.ts";
import type { SettleVerb } from "./settle-verb.ts";
import { SimProcess } from "./sim-process.ts";
import { startWorker, type SimWorker } from "./sim-worker.ts";
import type { World } from "./world.ts";

/** The workers, and whoever starts a new one, under another name, for one that is gone. */
export class Fleet {
  readonly #world: World;
  readonly #network: Network;
  readonly #dice: Dice;
  readonly #settle: SettleVerb | undefined;
  readonly #expiries = new Map<string, number>();
  readonly workers: SimWorker[] = [];
  skewed = false;
  #started = 0;
  #closing = false;

  constructor(world: World, network: Network, dice: Dice, settle: SettleVerb | undefined) {
    this.#world = world;
    this.#network = network;
    this.#dice = dice;
    this.#settle = settle;
  }

  start(count: number): void {
    for (let i = 0; i < count; i++) this.#startOne();
  }

  /** One that runs, rather one with work in its hands. */
  pick(dice: Dice): SimWorker | undefined {
    const running = this.workers.filter(({ process }) => process.isRunning);
    const busy = running.filter((worker) => worker.inFlight() > 0);
    const among = busy.length > 0 && dice.chance(0.9) ? busy : running;
    return among.length === 0 ? undefined : dice.pick(among);
  }

  /** All are told to stop, and none comes after them. */
  close(): void {
    this.#closing = true;
    for (const worker of this.workers) worker.stop();
  }

  #startOne(): void {
    const dice = this.#dice.split();
    // quartz is good to some parts in a hundred thousand; this is a bad one
    const rate = this.skewed ? 0.98 + dice.raw() * 0.04 : 1;
    const process = new SimProcess(this.#world, `w${++this.#started}`, dice, { rate, skewMs: 0 });
    this.#world.note(`${process.name} starts`);
    const worker = startWorker({
      world: this.#world,
      network: this.#network,
      process,
      dice,
      settle: this.#settle,
      expiries: this.#expiries,
      ringAll: () => {
        for (const one of this.workers) this.#network.ring(one.process, one.ring);
      },
      onEnd: (gone, hasSaidAll) => this.#replace(gone, hasSaidAll),
    });
    this.workers.push(worker);
  }

  #replace(gone: SimWorker, hasSaidAll: boolean): void {
    this.#world.note(`${gone.process.name} is gone`);
    this.workers.splice(this.workers.indexOf(gone), 1);
    if (!hasSaidAll) this.#world.goneEarly.add(gone.process.name);
    if (this.#closing) return;
    this.#world.time.in(this.#dice.between(200, 2_000), () => {
      if (!this.#closing) this.#startOne();
    });
  }
}
