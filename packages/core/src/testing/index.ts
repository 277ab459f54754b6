export * from "./backlogs.ts";
export * from "./candidates.ts";
export * from "./planned-steps.ts";
export * from "./prng.ts";
export * from "./step-states.ts";
export * from "./virtual-time.ts";
export * from "./runs.ts";
export * from "./schedule-problems.ts";
