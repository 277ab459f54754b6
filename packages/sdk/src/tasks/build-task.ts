import { Capability } from "@nofx/core/contract";
import type { AnyObject, AnyTask, Anything, TaskBuilder } from "./task.ts";

/** A task in the making: `task("orders.refund").input(I).output(O).run(async (ctx, input) => ...)`. */
export function task(capability: string): TaskBuilder<AnyObject, Anything, {}, never> {
  const parsed = Capability.safeParse(capability);
  if (!parsed.success) {
    throw new TypeError(
      `capability "${capability}": ${parsed.error.issues[0]?.message ?? "not usable"}`,
    );
  }
  return builderOf({ capability }) as never;
}

type Built = Omit<AnyTask, "handler">;

function builderOf(built: Built): object {
  const withPart = (part: Partial<Built>) => builderOf({ ...built, ...part });
  return {
    input: (input: AnyTask["input"]) => withPart({ input }),
    output: (output: AnyTask["output"]) => withPart({ output }),
    emits: (events: AnyTask["events"]) => withPart({ events }),
    models: (...models: string[]) => withPart({ models }),
    onFailure: (onFailure: AnyTask["onFailure"]) => withPart({ onFailure }),
    run: (handler: AnyTask["handler"]) => Object.freeze({ ...built, handler }),
  };
}
