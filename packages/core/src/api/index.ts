export * from "./approvals.ts";
export * from "./backlog.ts";
export * from "./dead-letters.ts";
export * from "./events.ts";
export * from "./paging.ts";
export * from "./plans.ts";
export * from "./runs.ts";
export * from "./session.ts";
