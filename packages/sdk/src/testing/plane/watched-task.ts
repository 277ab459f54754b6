import type { AnyTask, StepInfo } from "../../tasks/index.ts";
import { executing, type AgentProcess, type Execution } from "./process.ts";

type Handler = (ctx: object, input: unknown) => unknown;
type Call = (...args: unknown[]) => unknown;

/** The task as it is, with the plane told when its handler runs and when the effect of a checkpoint begins and ends. */
export function watched(task: AnyTask, process: AgentProcess): AnyTask {
  const handler = task.handler as unknown as Handler;
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
  } as AnyTask;
}

const WATCHED: readonly PropertyKey[] = ["step", "tool"];

function watchedContext(ctx: object, execution: Execution): object {
  return new Proxy(ctx, {
    get(target, property, receiver) {
      const value: unknown = Reflect.get(target, property, receiver);
      if (typeof value !== "function" || !WATCHED.includes(property)) return value;
      return (name: string, ...args: unknown[]) =>
        (value as Call).call(
          target,
          name,
          ...args.map((arg) =>
            typeof arg === "function" ? effectOf(arg as Call, name, execution) : arg,
          ),
        );
    },
  });
}

/** The effect of a checkpoint: a process may die before it and after it. */
function effectOf(effect: Call, checkpoint: string, execution: Execution): Call {
  const { process, step } = execution;
  return async (...args) => {
    if (!process.mayRun(execution, checkpoint)) return new Promise(() => {});
    await process.reach({ at: "before_effect", checkpoint, step });
    const result = await effect(...args);
    await process.reach({ at: "after_effect", checkpoint, step });
    return result;
  };
}
