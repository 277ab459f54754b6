import { hintId, type Hint } from "./lane-queue.ts";

/** A claimable step as Postgres says it, those of one tenant in the order in which they are to be claimed. */
export interface ReadyStep {
  readonly id: string;
  readonly epoch: number;
  readonly tenant_id: string;
  readonly weight: number;
}

export interface WindowPlan {
  readonly add: readonly Hint[];
  readonly move: readonly { id: string; rank: number }[];
  readonly drop: readonly string[];
}

interface Known {
  rank: number;
  missingSince: number | undefined;
  again: number;
}

/** A turn of a tenant of weight 1, in ranks. */
const TURN = 16;
/** BullMQ's highest priority is 2^21. */
const LAST_RANK = 2_000_000;
/** For so long a hint that is gone from Redis may be on its way to a claim. */
const ON_ITS_WAY_MS = 200;
const LONGEST_MS = 4_000;

/**
 * What the dispatcher keeps in Redis for one lane, and in which order. The order is start-time fair queueing (Goyal, Vin and Cheng, 1996): a
 * hint's rank is its tenant's turn, a tenant that comes new begins at the rank that is now at the head, and a step that goes before
 * others of its tenant takes their turns while they move behind it. So no flood delays another tenant, and no order within a
 * tenant is lost to what was put into Redis before.
 *
 * A hint that is gone from Redis although its step is still claimable was lost, or refused by a rule: it comes again after a fifth
 * of a second, then after twice as long, so that what is refused does not spin.
 */
export class Window {
  readonly #known = new Map<string, Known>();
  readonly #lastRank: number;

  constructor(lastRank = LAST_RANK) {
    this.#lastRank = lastRank;
  }

  /** Undefined where ranks have run out: clear the lane in Redis, `forget`, and plan again. */
  plan(found: {
    ready: readonly ReadyStep[];
    /** Whether `ready` are all there are. */
    all: boolean;
    /** Of the hints in Redis. */
    waiting: ReadonlySet<string>;
    now: number;
  }): WindowPlan | undefined {
    const { ready, all, waiting, now } = found;
    const isReady = new Set(ready.map((step) => hintId(step.id, step.epoch)));
    for (const id of this.#known.keys()) {
      if (!waiting.has(id) && !isReady.has(id)) this.#known.delete(id);
    }
    const plan = { add: [] as Hint[], move: [] as { id: string; rank: number }[] };
    const head = this.#head(waiting);
    for (const steps of Map.groupBy(ready, (step) => step.tenant_id).values()) {
      const present = steps.filter((step) => this.#belongs(step, waiting, now));
      const turns = this.#turns(present, waiting, head);
      for (const [i, step] of present.entries()) {
        const id = hintId(step.id, step.epoch);
        const rank = turns[i] ?? head;
        if (rank > this.#lastRank) return undefined;
        const known = this.#known.get(id);
        if (!waiting.has(id)) {
          plan.add.push({ id, stepId: step.id, rank });
          const again = known === undefined ? 0 : known.again + 1;
          this.#known.set(id, { rank, missingSince: undefined, again });
        } else if (known !== undefined && known.rank !== rank) {
          plan.move.push({ id, rank });
          known.rank = rank;
        }
      }
    }
    plan.add.sort((a, b) => a.rank - b.rank);
    const drop = all ? [...waiting].filter((id) => !isReady.has(id)) : [];
    return { ...plan, drop };
  }

  forget(): void {
    this.#known.clear();
  }

  #head(waiting: ReadonlySet<string>): number {
    let head = Infinity;
    for (const id of waiting) head = Math.min(head, this.#known.get(id)?.rank ?? Infinity);
    return head === Infinity ? 1 : head;
  }

  /** Whether the step's hint is to be in Redis now. */
  #belongs(step: ReadyStep, waiting: ReadonlySet<string>, now: number): boolean {
    const id = hintId(step.id, step.epoch);
    const known = this.#known.get(id);
    if (waiting.has(id)) {
      if (known === undefined) return false;
      known.missingSince = undefined;
      return true;
    }
    if (known === undefined) return true;
    known.missingSince ??= now;
    return now - known.missingSince >= Math.min(LONGEST_MS, ON_ITS_WAY_MS * 2 ** known.again);
  }

  /** The ranks of one tenant's steps: those that it has, and behind them as many as it needs. */
  #turns(steps: readonly ReadyStep[], waiting: ReadonlySet<string>, head: number): number[] {
    const turns = steps
      .map((step) => hintId(step.id, step.epoch))
      .filter((id) => waiting.has(id))
      .map((id) => this.#known.get(id)?.rank ?? head)
      .toSorted((a, b) => a - b);
    const turn = Math.max(1, Math.round(TURN / (steps[0]?.weight ?? 1)));
    while (turns.length < steps.length) {
      const last = turns.at(-1);
      turns.push(last === undefined ? head : Math.max(head, last + turn));
    }
    return turns;
  }
}
