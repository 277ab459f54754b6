export * from "./backlogs.ts";
export * from "./planned-steps.ts";
export * from "./prng.ts";
export * from "./step-states.ts";
