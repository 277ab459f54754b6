import { NofxError } from "@nofx/core/errors";
import type { Dice } from "./dice.ts";
import type { SimProcess } from "./sim-process.ts";
import type { World } from "./world.ts";

/** How likely each thing is to happen to one call. */
export interface Weather {
  requestLost: number;
  replyLost: number;
  /** The caller gives up, and the other side does it all the same, later. */
  lateCommit: number;
  ringLost: number;
  slow: number;
}

export const FAIR: Readonly<Weather> = {
  requestLost: 0,
  replyLost: 0,
  lateCommit: 0,
  ringLost: 0,
  slow: 0,
};

/** Calls between processes, the database and the outside. A call is carried out once or not at all; who hears of it is chance. */
export class Network {
  readonly #world: World;
  readonly #dice: Dice;
  weather: Weather = { ...FAIR };
  databaseDown = false;

  constructor(world: World, dice: Dice) {
    this.#world = world;
    this.#dice = dice;
  }

  /** `work` happens at the other side at one instant, `late` when its caller has given up. Its errors come back as answers do. */
  call<T>(
    from: SimProcess,
    name: string,
    to: "database" | "sink",
    work: (late: boolean) => T,
  ): Promise<T> {
    const world = this.#world;
    return new Promise<T>((resolve, reject) => {
      let over = false;
      const hear = (ms: number, how: () => void) =>
        world.time.in(ms, () =>
          from.deliver(() => {
            if (over) return;
            over = true;
            how();
          }),
        );
      const lost = () => reject(new NofxError("unavailable", { detail: `${name}: no answer` }));
      const { requestLost, replyLost, lateCommit } = this.weather;
      const there = this.#travel();
      if (this.#dice.chance(requestLost)) {
        world.count("requestsLost");
        world.note(`${from.name} ${name} lost on its way`);
        hear(this.#dice.between(10, 2_000), lost);
        return;
      }
      const late = this.#dice.chance(lateCommit);
      if (late) hear(this.#dice.between(1, 400), lost);
      world.time.in(late ? there + this.#dice.between(100, 4_000) : there, () => {
        if (to === "database" && this.databaseDown) {
          world.count("refusedByOutage");
          hear(this.#travel(), lost);
          return;
        }
        const answer = this.#carryOut(from, name, () => work(late));
        if (late) world.count("lateCommits");
        if (this.#dice.chance(replyLost)) {
          world.count("repliesLost");
          world.note(`${from.name} ${name} answered, unheard`);
          hear(this.#dice.between(10, 2_000), lost);
          return;
        }
        hear(this.#travel(), () =>
          "error" in answer ? reject(answer.error) : resolve(answer.value),
        );
      });
    });
  }

  /** A hint to somebody, that may not arrive. */
  ring(to: SimProcess, work: () => void): void {
    if (this.databaseDown || this.#dice.chance(this.weather.ringLost)) {
      this.#world.count("ringsLost");
      return;
    }
    this.#world.time.in(this.#travel(), () => to.deliver(work));
  }

  #carryOut<T>(from: SimProcess, name: string, work: () => T): { value: T } | { error: NofxError } {
    const world = this.#world;
    world.note(`${from.name} ${name}`);
    try {
      return { value: work() };
    } catch (error) {
      if (NofxError.is(error)) {
        world.count("verbsRefused");
        world.note(`${from.name} ${name} refused: ${error.code}`);
        return { error };
      }
      world.blame(
        `${name} of ${from.name}: ${error instanceof Error ? error.stack : String(error)}`,
      );
      return { error: new NofxError("internal", { cause: error }) };
    } finally {
      world.check();
    }
  }

  #travel(): number {
    const ms = this.#dice.between(1, 15);
    return this.#dice.chance(this.weather.slow) ? ms + this.#dice.between(50, 2_400) : ms;
  }
}
