export * from "./agent-messages.ts";
export * from "./agents.ts";
export * from "./approvals.ts";
export * from "./artifacts.ts";
export * from "./checkpoints.ts";
export * from "./children.ts";
export * from "./histories.ts";
export * from "./events.ts";
export * from "./logs.ts";
export * from "./push.ts";
export * from "./routes.ts";
export * from "./settle.ts";
export * from "./steps.ts";
export * from "./tools.ts";
export * from "./values.ts";
export * from "./waits.ts";

export {
  ErrorClass,
  ErrorCode,
  HTTP_STATUS,
  STEP_ERROR_CLASS,
  StepErrorCode,
} from "../errors/codes.ts";
export { Problem, PROBLEM_CONTENT_TYPE } from "../errors/problem.ts";
export type { Issue } from "../errors/nofx-error.ts";
export { AgentId, ArtifactId, RunId, StepId, TenantId, ToolRunId } from "../vocabulary/ids.ts";
export { StepStatus, ToolRunStatus } from "../vocabulary/statuses.ts";
export { Capability, StepName, ToolName, ToolVersion } from "../vocabulary/steps.ts";
export { TIMED_OUT } from "../vocabulary/waits.ts";
export { unstorable, unstorableJson } from "../vocabulary/text.ts";
