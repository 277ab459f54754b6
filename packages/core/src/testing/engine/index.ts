export * from "./actions.ts";
export * from "./model-system.ts";
export { changeViolations, snapshotOf, violations, type Snapshot } from "./invariants.ts";
