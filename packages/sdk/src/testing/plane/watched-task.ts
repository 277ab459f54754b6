import { toolCheckpoint } from "@nofx/core/contract";
import { identityOf } from "../../steps/identity.ts";
import type { AnyTask, StepInfo } from "../../tasks/index.ts";
import { executing, type Execution } from "./executions.ts";
import type { AgentProcess } from "./process.ts";

type Call = (...args: unknown[]) => unknown;

/** The task as it is, with the plane told when its handler runs and when the effect of a checkpoint begins and ends. */
export function watched(task: AnyTask, process: AgentProcess): AnyTask {
  const handler = task.handler as unknown as (ctx: object, input: unknown) => unknown;
  return {
    ...task,
    handler: async (ctx: object, input: unknown) => {
      const { info } = ctx as { info: StepInfo };
      const execution: Execution = { step: info.name, process, parked: 0, hangs: false };
      process.executions.add(execution);
      try {
        return await executing.run(execution, () => handler(watchedContext(ctx, execution), input));
      } finally {
        process.executions.delete(execution);
      }
    },
  };
}

/** What a call of the context stores its result under; undefined where it stores none. */
const STORED_AS: Readonly<
  Record<string, (name: string, args: readonly unknown[]) => string | undefined>
> = {
  step: (name, [options]) => identityOf(name, keyOf(options)),
  undo: (name, [, , options]) => `undo ${identityOf(name, keyOf(options))}`,
  llm: (name, [request]) =>
    typeof name === "string" ? `llm ${identityOf(name, keyOf(request))}` : undefined,
  tool: (name, [, , options]) => toolCheckpoint(useOf(name, options)),
  requireApproval: (name, [, options]) => toolCheckpoint(useOf(name, options)),
};

function useOf(tool: string, options: unknown): string {
  return identityOf(nameOf(options) ?? tool, keyOf(options));
}

/** The context with its calls watched. A copy: what an author takes apart or spreads stays what it was. */
function watchedContext(ctx: object, execution: Execution): object {
  const own = Object.getOwnPropertyDescriptors(ctx) as Record<string, PropertyDescriptor>;
  for (const [name, storedAs] of Object.entries(STORED_AS)) {
    const call: unknown = Reflect.get(ctx, name);
    if (typeof call !== "function") continue;
    const value = watchedCall(ctx, call as Call, storedAs, execution);
    own[name] = { value, enumerable: true, configurable: true, writable: true };
  }
  return Object.create(Object.getPrototypeOf(ctx) as object | null, own) as object;
}

function watchedCall(
  ctx: object,
  call: Call,
  storedAs: (name: string, args: readonly unknown[]) => string | undefined,
  execution: Execution,
): Call {
  const watchedOne: Call = (name, ...args) => {
    const stored = storedAs(name as string, args);
    if (stored !== undefined) execution.process.watch?.named(stored);
    const wrapped = args.map((arg) =>
      typeof arg === "function" ? effectOf(arg as Call, stored ?? "", execution) : arg,
    );
    return call.call(ctx, name, ...wrapped);
  };
  return Object.assign(watchedOne, call);
}

/** The effect of a checkpoint: a process may die before it and after it, and in a replay it does not begin. */
function effectOf(effect: Call, checkpoint: string, execution: Execution): Call {
  const { process, step } = execution;
  return async (...args) => {
    if (process.watch !== undefined) {
      process.watch.reached(checkpoint);
      return process.standStill();
    }
    await process.reach({ at: "before_effect", checkpoint, step });
    const result = await effect(...args);
    await process.reach({ at: "after_effect", checkpoint, step });
    return result;
  };
}

function keyOf(options: unknown): string | number | undefined {
  return typeof options === "object" && options !== null
    ? (options as { key?: string | number }).key
    : undefined;
}

function nameOf(options: unknown): string | undefined {
  return typeof options === "object" && options !== null
    ? (options as { name?: string }).name
    : undefined;
}
