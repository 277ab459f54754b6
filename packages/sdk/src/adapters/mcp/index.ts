export type { McpServer } from "./connect.ts";
export { mcpTasks, type McpOptions, type McpTasks } from "./mcp-tasks.ts";
export type { McpResult } from "./result-of.ts";
