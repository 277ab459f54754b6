export type { SessionDeps } from "./begin.ts";
export { getSession } from "./get.ts";
export { hierarchyOfRun } from "./hierarchy.ts";
export { listSessions } from "./list.ts";
export { runSession, type SessionAnswer } from "./turn.ts";
