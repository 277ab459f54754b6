export { executeStep, type StepOutcome, type StepResult } from "./execute.ts";
export { Heartbeats } from "./heartbeats.ts";
export type { StepPorts } from "./ports.ts";
export { stepInfo } from "./step-info.ts";
