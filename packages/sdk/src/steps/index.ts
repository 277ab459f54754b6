export {
  executeStep,
  stepInfo,
  type StepOutcome,
  type StepPorts,
  type StepResult,
} from "./execute.ts";
