import type { PlannedStep, PlanNote } from "../planner/index.ts";
import type { GateKind, Verdict } from "../vocabulary/index.ts";
import type { PlanFacts } from "./facts.ts";

export type { PlanFacts } from "./facts.ts";

/** A plan as gates see it. */
export interface PlanUnderJudgement {
  readonly steps: readonly PlannedStep[];
  readonly notes: readonly PlanNote[];
  readonly facts: PlanFacts;
  readonly plan?: { readonly title: string; readonly pack: string; readonly version: number };
}

/** One thing a rule found: about one step, or about the plan. Evidence holds names and numbers, never secrets. */
export interface Finding {
  readonly rule: string;
  /** Of the rule: an edit makes a new one. */
  readonly version: number;
  readonly verdict: Verdict;
  readonly step: string | null;
  readonly reason: string;
  readonly evidence: Record<string, unknown>;
  readonly tip: string;
}

/** What a rule tells of one thing it found; `verdict` where it depends on how bad it is. */
export type Found = Omit<Finding, "rule" | "version" | "verdict" | "tip"> & {
  readonly tip?: string;
  readonly verdict?: Verdict;
};

/**
 * One rule of a gate. The examples are part of it: a test runs them through the gate, and in the first this rule must
 * find nothing, in the second something.
 */
export interface GateRule {
  readonly name: string;
  readonly gate: GateKind;
  /** What it looks for, in a sentence for people. */
  readonly finds: string;
  /** What each finding of this rule means for the plan. `allow` is information. */
  readonly verdict: Verdict;
  /** What to do about it. */
  readonly tip: string;
  /** No tenant may switch it off, change its verdict or override it: what it finds cannot be run, or is somebody else's to allow. */
  readonly locked?: true;
  /** Raise it with what the rule finds: verdicts given by an older one are void. */
  readonly revision?: number;
  judge(plan: PlanUnderJudgement): Iterable<Found>;
  readonly examples: { readonly passes: PlanUnderJudgement; readonly fails: PlanUnderJudgement };
}
