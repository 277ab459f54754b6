/** A step as the backlog has it, written by hand so that this file needs no types of the planner. */
type Item = Record<string, unknown>;
type Random = () => number;

/** The names of steps that fail on purpose begin with this. */
export const FAILS = "fails";

/** What steps wait for from outside; the key is the pack. */
export const EVENT = "chaos.go";
const AWAITS = "await";

/** Longer than any freeze lasts: the command outlives its worker's lease. */
const LONG_MS = 6_000;

/** Makes backlogs of different shapes; each is imported, planned and executed as a run of its own. */
export class Documents {
  readonly #random: Random;
  readonly #sink: string;
  readonly #agents: boolean;
  #count = 0;

  constructor(options: { random: Random; sink: string; agents: boolean }) {
    this.#random = options.random;
    this.#sink = options.sink;
    this.#agents = options.agents;
  }

  /** `tellAfterMs`: a step of it waits for the event of that key, which is to be sent then. */
  next(): {
    pack: string;
    document: Record<string, unknown>;
    tellAfterMs: number | undefined;
  } {
    const pack = `chaos-${(this.#count += 1)}`;
    const items = this.#shape(pack)();
    const awaits = items.some(({ id }) => id === AWAITS);
    // about when the step begins to wait: it must be heard before, after, and at the same moment
    const tellAfterMs = awaits ? this.#random() * 800 : undefined;
    return { pack, document: { version: 1, pack, items }, tellAfterMs };
  }

  #shape(pack: string): () => Item[] {
    const shapes: [number, () => Item[]][] = [
      [10, () => this.#graph()],
      [2, () => this.#saga()],
      [2, () => this.#asks()],
      [1, () => this.#waits({ id: "wait", with: { seconds: 0.5 + this.#random() * 2 } })],
      [2, () => this.#waits({ id: AWAITS, with: { event: { name: EVENT, key: pack } } })],
      [2, () => this.#stumbles()],
      [2, () => this.#long()],
      [this.#agents ? 4 : 0, () => this.#agent()],
    ];
    let at = this.#random() * shapes.reduce((sum, [weight]) => sum + weight, 0);
    for (const [weight, shape] of shapes) {
      if (at < weight) return shape;
      at -= weight;
    }
    return () => this.#graph();
  }

  /** Six to ten steps, each needing up to two earlier ones. */
  #graph(): Item[] {
    const size = 6 + Math.floor(this.#random() * 5);
    return Array.from({ length: size }, (_, i) => {
      const needs = [0, 1].flatMap(() =>
        i > 0 && this.#random() < 0.5 ? [`s${Math.floor(this.#random() * i)}`] : [],
      );
      return this.#step(`s${i}`, { needs: [...new Set(needs)] });
    });
  }

  /** Two effects that can be taken back, and a step after them that fails for good. */
  #saga(): Item[] {
    const undo = { script: this.#effect(), env: { SINK: this.#sink } };
    return [
      this.#step("book", { undo }),
      this.#step("pay", { needs: ["book"], undo }),
      this.#step(FAILS, { needs: ["pay"], script: "exit 7" }),
      this.#step("after", { needs: [FAILS] }),
    ];
  }

  /** Waits for a person in its middle. */
  #asks(): Item[] {
    const ask = {
      id: "ask",
      title: "Go on?",
      kind: "approval",
      with: { question: "Go on?" },
      needs: ["before"],
    };
    return [this.#step("before"), ask, this.#step("then", { needs: ["ask"] })];
  }

  /** Waits for a moment or an event in its middle; no worker is held meanwhile. */
  #waits(wait: Item & { id: string }): Item[] {
    const step = { ...wait, title: wait.id, kind: "wait", needs: ["before"] };
    return [this.#step("before", { ms: 50 }), step, this.#step("then", { needs: [wait.id] })];
  }

  /** Runs into its time limit at the first try. */
  #stumbles(): Item[] {
    const script = `[ "$NOFX_EPOCH" != 1 ] || sleep 20\n${this.#effect()}`;
    return [
      this.#step("stumble", { script, timeoutSeconds: 1 }),
      this.#step("then", { needs: ["stumble"] }),
    ];
  }

  #long(): Item[] {
    return [
      this.#step("begin"),
      this.#step("long", { needs: ["begin"], ms: LONG_MS }),
      this.#step("end", { needs: ["long"] }),
    ];
  }

  #agent(): Item[] {
    const agent = {
      id: "ask-agent",
      title: "An agent's step",
      kind: "agent",
      with: { capability: "chaos.work", input: { ms: 500 + this.#random() * 2_500 } },
      needs: ["before"],
    };
    return [this.#step("before"), agent, this.#step("then", { needs: ["ask-agent"] })];
  }

  #step(
    id: string,
    more: {
      needs?: string[];
      script?: string;
      undo?: unknown;
      ms?: number;
      timeoutSeconds?: number;
    } = {},
  ): Item {
    const { needs = [], undo, timeoutSeconds = 60 } = more;
    const pause = ((more.ms ?? this.#pause()) / 1_000).toFixed(2);
    const script = more.script ?? `sleep ${pause}\n${this.#effect()}`;
    const env = { SINK: this.#sink };
    return {
      id,
      title: id,
      kind: "shell",
      with: { script, env, timeoutSeconds },
      needs,
      ...(undo === undefined ? {} : { undo }),
    };
  }

  /** Most steps are short; some last about as long as a freeze. */
  #pause(): number {
    const of = this.#random();
    return of < 0.6 ? 50 + this.#random() * 500 : 500 + this.#random() * 2_500;
  }

  #effect(): string {
    return 'echo "$NOFX_IDEMPOTENCY_KEY $NOFX_EPOCH" >> "$SINK"';
  }
}
