import type { Api } from "../../apps/cli/src/client/api.ts";

/** What a surface is tried on. */
export interface Target {
  /** Where it is, for people. */
  readonly url: string;
  readonly operator: Api;
  readonly supervisor: Api;
  /** The public half of the key that signs audit digests, as PEM; undefined where nobody said it. */
  readonly auditKey: string | undefined;
  /** Sleeps until a condition holds; throws after a minute. */
  until<T>(what: string, look: () => Promise<T | undefined>): Promise<T>;
}

/** Thrown by a step that cannot be tried here, with the reason. */
export class Skip extends Error {}

/** A step: it is passed unless it throws. What it returns, if text, is said beside it. */
export interface Step {
  readonly name: string;
  run(): Promise<string | void>;
}

/** A part of the product, as steps in their order: one that fails leaves those after it out. */
export type Surface = (target: Target) => readonly Step[];

export function check(holds: unknown, otherwise: string): asserts holds {
  if (holds === false || holds === undefined || holds === null) throw new Error(otherwise);
}
