import type { RiskLabel, StepExecutor, StepKind, Undo } from "../vocabulary/index.ts";

/** One step of a plan, as it is stored, judged and later executed. */
export interface PlannedStep {
  readonly name: string;
  /** Key of the backlog item it comes from. */
  readonly itemId: string;
  readonly title: string;
  readonly kind: StepKind;
  readonly with: Record<string, unknown>;
  readonly executor: StepExecutor;
  readonly capability: string | null;
  readonly queue: string;
  /** Names of steps. A name that is not in the plan is a missing dependency, which the structural gate blocks. */
  readonly needs: readonly string[];
  readonly priority: number;
  /** Place in the plan's order, from 0. */
  readonly position: number;
  readonly sensitive: boolean;
  readonly risk: readonly RiskLabel[];
  readonly labels: readonly string[];
  readonly owner: string | null;
  /** What takes the effect back. */
  readonly undo: Undo | null;
  /** A point of no return: once it has succeeded, nothing of its run is undone. */
  readonly pivot: boolean;
  readonly maxFailures: number;
  readonly deadlineSeconds: number;
  /** What it must have for itself while it runs, by name, like `repo:web`: the schedule keeps such steps apart. */
  readonly resources?: readonly string[];
  /** How long it takes, by whoever wrote the item; of an item with several steps each has its share. */
  readonly guessMs?: number;
  /** Idempotency token: the same for the same step with the same arguments in every version of the plan. */
  readonly token: string;
}

/** Something about an item that planning could not make work of. The structural gate warns of it. */
export interface PlanNote {
  readonly rule: "no_rule" | "with_unused";
  readonly item: string;
  readonly message: string;
}
