export type { SessionDeps } from "./begin.ts";
export { runSession, type SessionAnswer } from "./turn.ts";
