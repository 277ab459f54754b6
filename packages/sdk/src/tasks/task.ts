import type { StepFailure } from "../errors/index.ts";
import type { SchemaInput, SchemaOutput, StandardSchema } from "../schema/index.ts";
import type { TaskContext } from "./context.ts";
import type { EventSchemas } from "./events.ts";
import type { ModelAccess } from "./models.ts";

/** Any JSON object: what a task takes and gives where it declares nothing. */
export type AnyObject = StandardSchema<Record<string, unknown>>;
export type Anything = StandardSchema;

/** Any task, whatever its types: what an agent is made of. */
export interface AnyTask {
  /** What the task offers, like `code.patch`: steps that ask for it come here. */
  readonly capability: string;
  /** Checked when the step is asked for, and again before the handler begins. */
  readonly input?: StandardSchema | undefined;
  /** Checked when the handler has returned. */
  readonly output?: StandardSchema | undefined;
  readonly events?: EventSchemas | undefined;
  /** The models that it may ask for, the first of them by default. */
  readonly models?: readonly string[] | undefined;
  readonly handler: (ctx: never, input: never) => unknown;
  readonly onFailure?: ((failure: StepFailure, ctx: never) => unknown) | undefined;
}

/** A task with its types: `ctx.spawn` takes its input, `ctx.join` gives its output. */
export interface Task<I extends StandardSchema, O extends StandardSchema> extends AnyTask {
  readonly input?: I | undefined;
  readonly output?: O | undefined;
  readonly handler: (
    ctx: never,
    input: SchemaOutput<I>,
  ) => SchemaInput<O> | Promise<SchemaInput<O>>;
}

type SchemaOf<S> = Extract<S, StandardSchema>;
/** What a task takes. */
export type TaskInput<T extends AnyTask> = SchemaInput<SchemaOf<T["input"]>>;
/** What a task gives. */
export type TaskOutput<T extends AnyTask> = SchemaOutput<SchemaOf<T["output"]>>;

/** The context of a task: models are in it only where the task was built with `.models(...)`. */
export type ContextOf<E extends EventSchemas, M extends string> = [M] extends [never]
  ? TaskContext<E>
  : TaskContext<E> & ModelAccess<M>;

/**
 * What a failing attempt fails with: the failure as it is when nothing comes back, another one (`permanent(...)`,
 * `retryLater(...)`) when that is returned.
 */
export type OnFailure<E extends EventSchemas> = (
  failure: StepFailure,
  ctx: Pick<TaskContext<E>, "info" | "log" | "signal">,
) => Error | void | Promise<Error | void>;

/** A task in the making. Each call gives a new one; `run` ends it. */
export interface TaskBuilder<
  I extends StandardSchema,
  O extends StandardSchema,
  E extends EventSchemas,
  M extends string,
> {
  /** What it takes (zod, valibot, arktype, any Standard Schema): refused where the step is asked for, and before `run`. */
  input<S extends StandardSchema>(schema: S): TaskBuilder<S, O, E, M>;
  /** What it gives, checked after `run`. */
  output<S extends StandardSchema>(schema: S): TaskBuilder<I, S, E, M>;
  /** Events that it sends or waits for. With them, others do not compile. */
  emits<const S extends EventSchemas>(events: S): TaskBuilder<I, O, S, M>;
  /** The models that it may ask for, by name, alias, `auto` or `policy:NAME`; the first is the default. Gives it `ctx.llm`. */
  models<const N extends string>(...names: readonly [N, ...N[]]): TaskBuilder<I, O, E, N>;
  /** Told each time an attempt fails, before the control plane is. */
  onFailure(handle: OnFailure<E>): TaskBuilder<I, O, E, M>;
  /** What to do. */
  run(
    handler: (
      ctx: ContextOf<E, M>,
      input: SchemaOutput<I>,
    ) => SchemaInput<O> | Promise<SchemaInput<O>>,
  ): Task<I, O>;
}
