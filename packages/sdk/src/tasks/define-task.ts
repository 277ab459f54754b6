import { Capability } from "@nofx/core/contract";
import type { SchemaInput, SchemaOutput, StandardSchema } from "../schema/index.ts";
import type { TaskContext } from "./context.ts";

export interface TaskDefinition<I extends StandardSchema, O extends StandardSchema> {
  /** What the task offers, like `code.patch`: steps that ask for it come here. */
  capability: string;
  /** Checked before `run`; what does not fit fails the step for good. */
  input: I;
  /** Checked after `run`. */
  output: O;
  run: (ctx: TaskContext, input: SchemaOutput<I>) => SchemaInput<O> | Promise<SchemaInput<O>>;
}

/** Any task, whatever its types: what an agent is made of. */
export interface AnyTask {
  readonly capability: string;
  readonly input: StandardSchema;
  readonly output: StandardSchema;
  readonly run: (ctx: TaskContext, input: never) => unknown;
}

export interface Task<I extends StandardSchema, O extends StandardSchema> extends AnyTask {
  readonly input: I;
  readonly output: O;
  readonly run: TaskDefinition<I, O>["run"];
}

/** A task: a capability, the schemas of its input and output (zod, valibot, arktype, …) and what to do. */
export function defineTask<I extends StandardSchema, O extends StandardSchema>(
  definition: TaskDefinition<I, O>,
): Task<I, O> {
  const capability = Capability.safeParse(definition.capability);
  if (!capability.success) {
    throw new TypeError(
      `capability "${definition.capability}": ${capability.error.issues[0]?.message ?? "not usable"}`,
    );
  }
  return Object.freeze({ ...definition });
}
