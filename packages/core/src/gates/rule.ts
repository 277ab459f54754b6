import type { PlannedStep, PlanNote } from "../planner/index.ts";
import type { GateKind, Verdict } from "../vocabulary/index.ts";

/** What gates know beside the plan: settings of the tenant, abilities of the installation. */
export interface PlanFacts {
  /** The tenant setting `shell`. */
  readonly shell: "off" | "trusted" | "sandboxed";
  /** Whether workers have the tools to sandbox a shell step. */
  readonly sandboxAvailable: boolean;
}

/** A plan as gates see it. */
export interface PlanUnderJudgement {
  readonly steps: readonly PlannedStep[];
  readonly notes: readonly PlanNote[];
  readonly facts: PlanFacts;
}

/** One thing a rule found: about one step, or about the plan. Evidence holds names and numbers, never secrets. */
export interface Finding {
  readonly rule: string;
  readonly verdict: Verdict;
  readonly step: string | null;
  readonly reason: string;
  readonly evidence: Record<string, unknown>;
  readonly tip: string;
}

export type Found = Omit<Finding, "rule" | "verdict" | "tip"> & { readonly tip?: string };

/**
 * One rule of a gate. The examples are part of it: a test runs them through the gate, and in the first this rule must
 * find nothing, in the second something.
 */
export interface GateRule {
  readonly name: string;
  readonly gate: GateKind;
  /** What each finding of this rule means for the plan. `allow` is information. */
  readonly verdict: Verdict;
  /** What to do about it. */
  readonly tip: string;
  judge(plan: PlanUnderJudgement): Iterable<Found>;
  readonly examples: { readonly passes: PlanUnderJudgement; readonly fails: PlanUnderJudgement };
}
