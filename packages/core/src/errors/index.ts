export * from "./codes.ts";
export * from "./dead-letter-of.ts";
export * from "./from-zod.ts";
export * from "./nofx-error.ts";
export * from "./problem.ts";
export { sayIssue } from "./say-issue.ts";
