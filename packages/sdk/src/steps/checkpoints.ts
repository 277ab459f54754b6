import { toJson } from "../schema/index.ts";
import type { CheckpointUndo, StepOptions, Stored, TaskContext } from "../tasks/index.ts";
import type { Lease } from "./lease.ts";
import { UsedNames } from "./names.ts";
import type { StepCalls } from "./step-calls.ts";

/** `ctx.step` */
export function createCheckpoints(calls: StepCalls, lease: Lease): TaskContext["step"] {
  const stored = new Map(calls.step.checkpoints.map(({ name, value }) => [name, value]));
  const names = new UsedNames("Checkpoint");
  return async <T>(name: string, fn: () => T | Promise<T>, options: StepOptions<T> = {}) => {
    names.use(name);
    if (stored.has(name)) return stored.get(name) as Stored<T>;
    // New work is not begun after the signal, but what was begun is still stored: the next attempt need not redo it.
    lease.signal.throwIfAborted();
    const value = toJson(await fn(), `The result of checkpoint "${name}"`);
    const undo = options.undo?.(value as Stored<T>);
    const answer = await calls.call("checkpoint", {
      name,
      value,
      ...(undo === undefined ? {} : { undo: undoOf(name, undo) }),
    });
    return answer.value as Stored<T>;
  };
}

const UNDO_SECONDS = 3_600;

function undoOf(name: string, undo: CheckpointUndo) {
  const { capability, input = {}, timeoutSeconds = UNDO_SECONDS } = undo;
  const json = toJson(input, `input of the undo of checkpoint "${name}"`) as Record<
    string,
    unknown
  >;
  return { kind: "agent" as const, with: { capability, input: json, timeoutSeconds } };
}
