export {
  defineAgent,
  describeEvent,
  type Agent,
  type AgentDefinition,
  type AgentEvent,
  type RunOptions,
  type RunSummary,
} from "./agents/index.ts";
export {
  createAgentClient,
  type AgentClient,
  type CallOptions,
  type ClientOptions,
  type Clock,
  type Fetch,
} from "./client/index.ts";
export {
  ArtifactError,
  CancelledError,
  LeaseLostError,
  NameReusedError,
  NofxApiError,
  permanent,
  PermanentError,
  retryLater,
  RetryLaterError,
  ShutdownError,
  type ApiErrorCode,
  type ArtifactErrorReason,
  type FailureOptions,
} from "./errors/index.ts";
export type { StandardSchema } from "./schema/index.ts";
export type { StepOutcome } from "./steps/index.ts";
export {
  defineTask,
  type AnyTask,
  type Approval,
  type ApproveOptions,
  type ArtifactHandle,
  type ArtifactOptions,
  type NeededStepView,
  type Needs,
  type StepInfo,
  type Stored,
  type Task,
  type TaskContext,
  type TaskDefinition,
} from "./tasks/index.ts";
