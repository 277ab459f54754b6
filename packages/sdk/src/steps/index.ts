export {
  executeStep,
  stepInfo,
  type StepOutcome,
  type StepPorts,
  type StepResult,
} from "./execute.ts";
export { Heartbeats } from "./heartbeats.ts";
