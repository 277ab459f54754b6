export { getTool, listToolRuns, listTools } from "./list.ts";
export { putTool } from "./put.ts";
export { retireTool } from "./retire.ts";
