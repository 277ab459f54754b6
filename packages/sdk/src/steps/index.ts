export {
  executeStep,
  stepInfo,
  type StepOutcome,
  type StepPorts,
  type StepResult,
} from "./execute.ts";
export { childNameOf, identityOf } from "./identity.ts";
export { Heartbeats } from "./heartbeats.ts";
