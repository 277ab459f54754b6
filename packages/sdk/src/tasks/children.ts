import type { StepStatus } from "@nofx/core/contract";
import type { StepFailure } from "../errors/index.ts";
import type { Keyed } from "./names.ts";
import type { AnyTask, TaskOutput } from "./task.ts";

export interface SpawnOptions extends Keyed {
  title?: string;
  /** How long one attempt may take; an hour unless told. */
  timeoutSeconds?: number;
  maxFailures?: number;
  deadlineSeconds?: number;
}

/** A step that this one has added to its run. `ctx.join` tells how it ended. */
export interface ChildHandle<O = unknown> {
  /** Its name below this step. */
  readonly name: string;
  readonly stepId: string;
  readonly capability: string;
  readonly status: StepStatus;
  /** Only in the types: what it gives. */
  readonly gives?: O;
}

/** How a child ended: with what it gave, or why not. */
export type ChildResult<O = unknown> =
  | {
      readonly status: "succeeded";
      readonly name: string;
      readonly stepId: string;
      readonly output: O;
    }
  | {
      readonly status: "failed";
      readonly name: string;
      readonly stepId: string;
      readonly failure: StepFailure;
    }
  | { readonly status: "cancelled" | "skipped"; readonly name: string; readonly stepId: string };

/** How each of several children ended, in their order. */
export type ChildResults<H extends readonly ChildHandle[]> = {
  -readonly [I in keyof H]: H[I] extends ChildHandle<infer O> ? ChildResult<O> : never;
};

export type ChildOf<T extends AnyTask> = ChildHandle<TaskOutput<T>>;
