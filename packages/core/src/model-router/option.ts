import type { Candidate } from "./candidate.ts";
import type { Score } from "./decision.ts";
import type { PicoUsd } from "./money.ts";
import type { DatedPrice } from "./prices.ts";

/** A candidate that can take the request, with what the request would cost there. */
export interface Option {
  readonly candidate: Candidate;
  readonly id: string;
  readonly price: DatedPrice | undefined;
  readonly estimatedCost: PicoUsd | undefined;
  readonly highestCost: PicoUsd | undefined;
}

export interface Placed {
  readonly option: Option;
  readonly score: number;
  /** Where the order was made by them. */
  readonly parts?: Score["parts"];
}

/** Options in the order in which they are asked, each with what the order was made by. */
export interface Ordered {
  readonly options: readonly Placed[];
  /** Why the first is the first: the end of a sentence that begins with its name. */
  readonly why: string;
}

export const idOf = ({ provider, model, region }: Candidate): string =>
  `${provider}/${model}@${region}`;
