export * from "./context.ts";
export * from "./define-task.ts";
export * from "./tools.ts";
export * from "./waiting.ts";
