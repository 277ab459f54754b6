import type { ApprovalDecision, LogLevel, StepStatus, StoredArtifact } from "@nofx/core/contract";
import type { SchemaOutput, StandardSchema } from "../schema/index.ts";
import type { Tools } from "./tools.ts";
import type { CheckpointUndo, Waiting } from "./waiting.ts";

/** What a checkpoint gives back: its value; nothing at all is stored, and read, as null. */
export type Stored<T> = T extends void ? null : T;

export interface StepOptions<T> {
  /**
   * What takes the effect back, stored with the result: it runs when the run fails or is cancelled later. What it needs
   * to know of the result it is told here.
   */
  undo?: (result: Stored<T>) => CheckpointUndo;
}

export interface ApproveOptions {
  /** What people are asked, in one sentence. */
  question: string;
  /** The exact arguments of what will be done: people see them, and may approve changed ones. JSON only. */
  details?: Record<string, unknown>;
  /** JSON Schema of what people may change them to; nothing, without one. */
  editable?: Record<string, unknown>;
  /** After this the answer is `expired`. */
  expiresInSeconds?: number;
}

/** `approved`, `modified` (with `arguments` to use instead), `rejected`, `expired` or `superseded`. */
export type Approval = ApprovalDecision;

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
export interface TaskContext extends Waiting, Tools {
  readonly info: StepInfo;
  readonly needs: Needs;
  /** Fires when the lease is lost, the run is cancelled or the agent shuts down: stop, and throw or return. */
  readonly signal: AbortSignal;
  /**
   * A named checkpoint: runs `fn` once and stores its result. When the step is tried again, here or elsewhere, the
   * stored result comes back and `fn` does not run. JSON only; a name may be used once in an execution.
   */
  step<T>(name: string, fn: () => T | Promise<T>, options?: StepOptions<T>): Promise<Stored<T>>;
  /**
   * Asks people. While they think, no process is held: the handler ends here, and is started again after the
   * decision, when the same call returns it. Put what came before into `ctx.step` so that it is not redone.
   */
  approve(name: string, options: ApproveOptions): Promise<Approval>;
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
