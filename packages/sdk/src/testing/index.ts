export {
  createTestPlane,
  type TestAgent,
  type TestPlane,
  type TestPlaneOptions,
  type TestRun,
} from "./create-test-plane.ts";
export {
  checkDeploy,
  type CheckedRun,
  type CheckOptions,
  type DeployReport,
} from "./histories/check-deploy.ts";
export { answerDeployCheck } from "./histories/answer-deploy-check.ts";
export type { Finding, FindingCode, Verdict } from "./histories/findings.ts";
export { parseHistory, type RunHistory } from "./histories/history.ts";
export { replay, type Code, type ReplayReport } from "./histories/replay.ts";
export type { CrashPoint } from "./plane/crashes.ts";
export type { ModelCall, SimulatedAnswer, SimulatedModel } from "./plane/models.ts";
export type { OpenQuestion, Person, WhichQuestion } from "./plane/people.ts";
export type { TestStep, TestStepSpec } from "./plane/runs.ts";
export type { TestTool } from "./plane/state.ts";
export type { Duration } from "./plane/time.ts";
export { joinSimulated } from "./join-simulated.ts";
export {
  aSimulatedAgent,
  simulateAttempt,
  simulatedAgents,
  type SimulatedAgent,
  type SimulatedAttempt,
  type Spread,
} from "./simulated-agents.ts";
