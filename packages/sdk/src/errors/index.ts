export * from "./api-error.ts";
export * from "./artifact-error.ts";
export * from "./failures.ts";
export * from "./model-error.ts";
export * from "./step-errors.ts";
export * from "./step-failure.ts";
export * from "./tool-errors.ts";
