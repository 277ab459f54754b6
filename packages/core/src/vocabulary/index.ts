export * from "./actors.ts";
export * from "./backlog.ts";
export * from "./events.ts";
export * from "./holds.ts";
export * from "./ids.ts";
export * from "./statuses.ts";
export * from "./steps.ts";
export * from "./text.ts";
