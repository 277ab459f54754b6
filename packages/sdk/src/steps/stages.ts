import type { FailureStage } from "../errors/index.ts";

export interface Stage {
  readonly stage: FailureStage;
  readonly at: string | null;
}

/** Remembers at which stage an error first came up: it may pass through others on its way out. */
export class Stages {
  readonly #known = new WeakMap<object, Stage>();

  async within<T>(stage: FailureStage, at: string | null, work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (error) {
      if (typeof error === "object" && error !== null && !this.#known.has(error)) {
        this.#known.set(error, { stage, at });
      }
      throw error;
    }
  }

  mark(error: object, stage: Stage): void {
    this.#known.set(error, stage);
  }

  of(error: unknown): Stage {
    const known = typeof error === "object" && error !== null ? this.#known.get(error) : undefined;
    return known ?? { stage: "handler", at: null };
  }
}
