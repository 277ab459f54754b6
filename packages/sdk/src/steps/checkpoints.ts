import type { CheckpointRequest } from "@nofx/core/contract";
import type { FailureStage } from "../errors/index.ts";
import { checkSchema, toJson } from "../schema/index.ts";
import type { AnyTask, StepOptions, Stored, TaskContext, Undo } from "../tasks/index.ts";
import { identityOf } from "./identity.ts";
import type { Lease } from "./lease.ts";
import { UsedNames } from "./names.ts";
import type { Stages } from "./stages.ts";
import type { StepCalls } from "./step-calls.ts";

type UndoRequest = NonNullable<CheckpointRequest["undo"]>;

/** Results that are stored once, each under a name. */
export class Checkpoints {
  readonly #calls: StepCalls;
  readonly #lease: Lease;
  readonly #stages: Stages;
  readonly #stored: Map<string, unknown>;
  readonly #names = new UsedNames("Checkpoint");

  constructor(calls: StepCalls, lease: Lease, stages: Stages) {
    this.#calls = calls;
    this.#lease = lease;
    this.#stages = stages;
    this.#stored = new Map(calls.step.checkpoints.map(({ name, value }) => [name, value]));
  }

  /** The stored value of the name, or that of `fn`, stored. */
  once<T>(
    stage: FailureStage,
    name: string,
    fn: () => T | Promise<T>,
    undo?: (value: Stored<T>) => Promise<UndoRequest>,
  ): Promise<Stored<T>> {
    return this.#stages.within(stage, name, async () => {
      this.#names.use(name);
      if (this.#stored.has(name)) return this.#stored.get(name) as Stored<T>;
      // New work is not begun after the signal, but what was begun is still stored: the next attempt need not redo it.
      this.#lease.signal.throwIfAborted();
      const value = toJson(await fn(), `The result of checkpoint "${name}"`);
      const taken = await undo?.(value as Stored<T>);
      const answer = await this.#calls.call("checkpoint", {
        name,
        value,
        ...(taken === undefined ? {} : { undo: taken }),
      });
      return answer.value as Stored<T>;
    });
  }

  /** `ctx.step` */
  step: TaskContext["step"] = <T>(
    name: string,
    ...rest: [fn: () => T | Promise<T>] | [options: StepOptions<T>, fn: () => T | Promise<T>]
  ) => {
    const [options, fn] = rest.length === 1 ? [{} as StepOptions<T>, rest[0]] : rest;
    const { key, undo } = options;
    const identity = identityOf(name, key);
    const undoOf =
      undo && ((value: Stored<T>) => Promise.resolve(undoRequest(identity, undo(value))));
    return this.once("step", identity, fn, undoOf);
  };

  /** `ctx.undo` */
  undo: TaskContext["undo"] = async (
    name: string,
    task: AnyTask | string,
    input: unknown,
    { key, timeoutSeconds }: { key?: string | number; timeoutSeconds?: number } = {},
  ) => {
    const identity = `undo ${identityOf(name, key)}`;
    await this.once(
      "step",
      identity,
      () => null,
      async () => {
        await checkInput(task, input);
        return undoRequest(identity, {
          capability: typeof task === "string" ? task : task.capability,
          input: input as Record<string, unknown>,
          ...(timeoutSeconds === undefined ? {} : { timeoutSeconds }),
        });
      },
    );
  };
}

const UNDO_SECONDS = 3_600;

function undoRequest(name: string, undo: Undo): UndoRequest {
  const { capability, input = {}, timeoutSeconds = UNDO_SECONDS } = undo;
  const json = toJson(input, `input of the undo of checkpoint "${name}"`) as Record<
    string,
    unknown
  >;
  return { kind: "agent", with: { capability, input: json, timeoutSeconds } };
}

/** Where the task is at hand its schema is asked before the control plane is. */
export async function checkInput(task: AnyTask | string, input: unknown): Promise<void> {
  if (typeof task === "string" || task.input === undefined) return;
  await checkSchema(task.input, input, `input of task "${task.capability}"`);
}
