export type { ExitCodes } from "./exit-codes.ts";
export { shellTask, type ShellOptions, type ShellResult } from "./shell-task.ts";
