import type { RuleScope } from "@nofx/core/gates";
import type { Scene } from "@nofx/core/gates/conditions";

/** One condition to evaluate: once for the plan, or for each of its steps. */
export interface ConditionJob {
  readonly scope: RuleScope;
  readonly condition: string;
}

/** All conditions of one plan, from the one at `from`. */
export interface Ask {
  readonly batch: number;
  readonly from: number;
  readonly jobs: readonly ConditionJob[];
  readonly scene: Scene;
}

/** What became of one condition: places of the steps where it is true, or why it could not be evaluated. */
export type Evaluated =
  | { readonly found: boolean; readonly steps: readonly number[] }
  | { readonly failed: string };

export interface Told {
  readonly batch: number;
  readonly index: number;
  readonly evaluated: Evaluated;
}
