import type { LogLevel, StepStatus, StoredArtifact } from "@nofx/core/contract";
import type { SchemaOutput, StandardSchema } from "../schema/index.ts";
import type { ApprovalHandle, ApprovalResult, AskOptions } from "./approvals.ts";
import type { EventSchemas } from "./events.ts";
import type { Messages } from "./messages.ts";
import type { Keyed, Literal } from "./names.ts";
import type { AnyObject, AnyTask, TaskInput } from "./task.ts";
import type { Tools } from "./tools.ts";
import type { Undo, Waiting } from "./waiting.ts";

/** What a checkpoint gives back: its value; nothing at all is stored, and read, as null. */
export type Stored<T> = T extends void ? null : T;

export interface StepOptions<T> extends Keyed {
  /**
   * What takes the effect back, stored with the result: it runs when the run fails or is cancelled later. What it needs
   * to know of the result it is told here.
   */
  undo?: (result: Stored<T>) => Undo;
}

export interface UndoOptions extends Keyed {
  timeoutSeconds?: number;
}

export interface ArtifactOptions {
  contentType?: string;
}

/** A file made by a needed step. */
export interface ArtifactHandle {
  /** The step that made it. */
  readonly step: string;
  readonly name: string;
  readonly contentType: string;
  readonly size: number;
  readonly sha256: string;
  /** Fetches the file and checks size and sha256. */
  bytes(): Promise<Uint8Array<ArrayBuffer>>;
  text(): Promise<string>;
}

export interface NeededStepView {
  readonly name: string;
  readonly status: StepStatus;
  readonly output: unknown;
  readonly artifacts: readonly ArtifactHandle[];
}

/** What the steps before this one left: outputs and files. */
export interface Needs {
  readonly steps: readonly NeededStepView[];
  /** The output of a needed step, as it is. */
  output(step: string): unknown;
  /** The output of a needed step, checked. */
  output<S extends StandardSchema>(step: string, schema: S): Promise<SchemaOutput<S>>;
  /** The file of that name; say `from` when more than one needed step has it. Throws ArtifactError when none has. */
  artifact(name: string, options?: { from?: string }): ArtifactHandle;
  /** All files of all needed steps. */
  artifacts(): readonly ArtifactHandle[];
}

export interface StepInfo {
  readonly stepId: string;
  readonly runId: string;
  readonly name: string;
  readonly title: string;
  readonly capability: string;
  /** 1 on the first execution. */
  readonly attempt: number;
  readonly correlationId: string;
  readonly traceparent: string | null;
}

/** What a handler can do besides computing. */
export interface TaskContext<E extends EventSchemas = {}> extends Waiting<E>, Tools {
  readonly info: StepInfo;
  readonly needs: Needs;
  /** Fires when the lease is lost, the run is cancelled or the agent shuts down: stop, and throw or return. */
  readonly signal: AbortSignal;
  /**
   * A named checkpoint: runs `fn` once and stores its result. When the step is tried again, here or elsewhere, the
   * stored result comes back and `fn` does not run. JSON only. In a loop, give a `key`.
   */
  step<const N extends string, T>(
    name: N & Literal<N>,
    fn: () => T | Promise<T>,
  ): Promise<Stored<T>>;
  step<const N extends string, T>(
    name: N & Literal<N>,
    options: StepOptions<T>,
    fn: () => T | Promise<T>,
  ): Promise<Stored<T>>;
  /**
   * Asks people. While they think, no process is held: the handler ends here, and is started again after the
   * decision, when the same call returns it. Put what came before into `ctx.step` so that it is not redone.
   */
  approve<A extends StandardSchema, D extends StandardSchema | undefined>(
    question: ApprovalHandle<A, D>,
    options: AskOptions<A>,
  ): Promise<ApprovalResult<A, D>>;
  /** The same for a question that is asked in one place only: a yes or a no. */
  approve<const N extends string>(
    name: N & Literal<N>,
    options: AskOptions<AnyObject>,
  ): Promise<ApprovalResult<AnyObject, undefined>>;
  /**
   * Says, before an effect is begun, what takes it back: a step for this task, run when the run fails or is cancelled later,
   * the last said first. For an effect whose undo needs its result, `undo` of `ctx.step`.
   */
  undo<const N extends string, T extends AnyTask>(
    name: N & Literal<N>,
    task: T,
    input: TaskInput<T>,
    options?: UndoOptions,
  ): Promise<void>;
  undo<const N extends string>(
    name: N & Literal<N>,
    capability: string,
    input: Record<string, unknown>,
    options?: UndoOptions,
  ): Promise<void>;
  readonly message: Messages;
  /** Stores a file with the step. */
  artifact(
    name: string,
    content: string | Uint8Array | Blob,
    options?: ArtifactOptions,
  ): Promise<StoredArtifact>;
  /** A line for people; sent in batches. */
  log(text: string, level?: LogLevel): void;
  /** How far it is, 0 to 100, with a note; sent with the next heartbeat. */
  progress(percent: number, note?: string): void;
}
