import type { StepErrorCode } from "../errors/index.ts";
import type {
  ApprovalStatus,
  AttemptOutcome,
  CompensationStatus,
  DeadLetterReason,
  DeadLetterStage,
  DeadLetterStatus,
  EventType,
  RunStatus,
  StepExecutor,
  StepStatus,
  UndoStatus,
  WaitKind,
  WaitStatus,
} from "../vocabulary/index.ts";

/**
 * The engine in memory: the same rows, verbs and answers as schema `engine`, with neither clock nor random nor ids of its
 * own. Time comes in as milliseconds with each call. It is the oracle that the database functions are compared with, and
 * what simulations run on. Verbs change the model in place, all of it or, when they throw, nothing.
 */
export interface EngineModel {
  readonly runs: Map<string, ModelRun>;
  readonly steps: Map<string, ModelStep>;
  readonly dependencies: ModelDependency[];
  readonly attempts: ModelAttempt[];
  readonly checkpoints: ModelCheckpoint[];
  readonly compensations: ModelCompensation[];
  readonly deadLetters: ModelDeadLetter[];
  readonly waits: ModelWait[];
  readonly externalEvents: ModelExternalEvent[];
  readonly messages: ModelMessage[];
  readonly approvals: Map<string, ModelApproval>;
  readonly retryTokens: Map<string, number>;
  /** What happened, in order: what the database tells as events. */
  readonly events: ModelEvent[];
  /** Counts up: the source of ids and of the order of registration. */
  seq: number;
}

export interface ModelRun {
  readonly id: string;
  readonly tenantId: string;
  readonly createdAt: number;
  status: RunStatus;
  compensation: CompensationStatus;
  outcome: "failed" | "cancelled" | null;
  compensate: boolean;
  readonly undoOrder: "completion" | "dependency";
  stepCount: number;
  stepsLeft: number;
  stepsFailed: number;
  cancelRequestedAt: number | null;
  pausedAt: number | null;
  startedAt: number | null;
  finishedAt: number | null;
  readonly forkedFrom: string | null;
  /** Whose workspace it goes on with; two runs never share one at the same time. */
  readonly workspaceRun: string | null;
  /** The dead letter that this run redrives. */
  readonly redriveOf: string | null;
}

export interface ModelUndo {
  readonly kind: string;
  readonly with: unknown;
}

export interface ModelError {
  /** What an agent told beside: where in the step it was, facts. */
  readonly said?: Readonly<Record<string, unknown>>;
  readonly code: StepErrorCode;
  readonly message?: string;
  readonly pastDeadline?: boolean;
}

export interface ModelStep {
  readonly id: string;
  readonly tenantId: string;
  readonly runId: string;
  readonly parentId: string | null;
  readonly undoOf: string | null;
  readonly keptFrom: string | null;
  readonly name: string;
  /** What must be known to run it, as kind@version. */
  readonly handler: string;
  readonly executor: StepExecutor;
  readonly capability: string | null;
  readonly priority: number;
  readonly arguments: unknown;
  readonly undo: ModelUndo | null;
  readonly pivot: boolean;
  readonly sensitive: boolean;
  status: StepStatus;
  holds: number;
  depsLeft: number;
  childrenLeft: number;
  runAt: number;
  epoch: number;
  leaseOwner: string | null;
  leaseUntil: number | null;
  cancelRequested: boolean;
  failures: number;
  crashes: number;
  readonly maxFailures: number;
  readonly maxCrashes: number;
  readonly deadlineMs: number;
  deadlineAt: number | null;
  heldAt: number | null;
  output: unknown;
  error: ModelError | null;
  readonly createdAt: number;
  startedAt: number | null;
  finalisedAt: number | null;
}

export interface ModelDependency {
  readonly stepId: string;
  readonly dependsOn: string;
  readonly required: boolean;
}

export interface ModelAttempt {
  readonly stepId: string;
  readonly epoch: number;
  readonly executor: string;
  readonly claimedAt: number;
  startedAt: number | null;
  finishedAt: number | null;
  outcome: AttemptOutcome | null;
  errorCode: StepErrorCode | null;
  refusedOutcome: string | null;
}

export interface ModelCheckpoint {
  readonly stepId: string;
  readonly name: string;
  readonly value: unknown;
  readonly epoch: number;
}

export interface ModelCompensation {
  readonly id: string;
  readonly runId: string;
  readonly stepId: string;
  /** Empty: declared by the plan; else the checkpoint's name. */
  readonly name: string;
  readonly kind: string;
  readonly arguments: unknown;
  readonly seq: number;
  status: UndoStatus;
  undoStep: string | null;
}

export interface ModelDeadLetter {
  readonly id: string;
  readonly runId: string;
  readonly stepId: string;
  readonly stage: DeadLetterStage;
  readonly reason: DeadLetterReason;
  status: DeadLetterStatus;
  version: number;
  redriveRun: string | null;
}

export interface ModelWait {
  readonly id: string;
  readonly runId: string;
  readonly stepId: string;
  readonly name: string;
  readonly option: string;
  readonly position: number;
  readonly kind: WaitKind;
  /** The event's name or the message's channel. */
  readonly topic: string | null;
  readonly key: string | null;
  /** Of children: the names of those that are waited for; all, where null. */
  readonly children?: readonly string[] | null;
  readonly dueAt: number | null;
  readonly approvalId: string | null;
  status: WaitStatus;
  payload: unknown;
  /** The event or message that met it. */
  source: string | null;
}

export interface ModelExternalEvent {
  readonly id: string;
  readonly tenantId: string;
  readonly name: string;
  readonly key: string | null;
  readonly runId: string | null;
  readonly payload: unknown;
  readonly sentAt: number;
}

export interface ModelMessage {
  readonly id: string;
  readonly toStep: string;
  readonly fromStep: string | null;
  readonly channel: string;
  readonly payload: unknown;
  readonly sentAs: string | null;
  consumedBy: string | null;
}

export interface ModelApproval {
  readonly id: string;
  readonly subject: "plan_step" | "step";
  readonly stepId: string;
  readonly name: string;
  readonly digest: string;
  status: ApprovalStatus;
}

export interface ModelEvent {
  readonly type: EventType;
  readonly runId: string;
  readonly stepId: string | null;
  readonly at: number;
}

export function emptyModel(): EngineModel {
  return {
    runs: new Map(),
    steps: new Map(),
    dependencies: [],
    attempts: [],
    checkpoints: [],
    compensations: [],
    deadLetters: [],
    waits: [],
    externalEvents: [],
    messages: [],
    approvals: new Map(),
    retryTokens: new Map(),
    events: [],
    seq: 0,
  };
}
