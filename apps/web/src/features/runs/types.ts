import type { RouterOutputs } from "#server/root.ts";

/** A run and its steps as they arrive in the browser. */
export type RunView = RouterOutputs["runs"]["get"];
export type StepView = RunView["stepList"][number];
