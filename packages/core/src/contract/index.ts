export * from "./agents.ts";
export * from "./approvals.ts";
export * from "./artifacts.ts";
export * from "./checkpoints.ts";
export * from "./logs.ts";
export * from "./routes.ts";
export * from "./settle.ts";
export * from "./steps.ts";
export * from "./values.ts";

export { ErrorCode, HTTP_STATUS, StepErrorCode } from "../errors/codes.ts";
export { Problem, PROBLEM_CONTENT_TYPE } from "../errors/problem.ts";
export type { Issue } from "../errors/nofx-error.ts";
export { AgentId, ArtifactId, RunId, StepId, TenantId } from "../vocabulary/ids.ts";
export { StepStatus } from "../vocabulary/statuses.ts";
export { Capability, StepName } from "../vocabulary/steps.ts";
export { unstorable, unstorableJson } from "../vocabulary/text.ts";
