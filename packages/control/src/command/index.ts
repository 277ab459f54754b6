export type { AgentContext, CallerContext, MemberContext } from "./context.ts";
export { onceByKey, requireIdempotencyKey } from "./idempotency.ts";
export { TokenEnv } from "../agents/token-keys.ts";
export { EdgeEnv } from "../edge/edge-env.ts";
export { loggable } from "./loggable.ts";
export { createPlane, PlaneEnv, type Plane } from "./plane.ts";
export { authorise, parseInput, runCommand, runQuery } from "./run-command.ts";
export { inTransaction, type CommandTransaction } from "./transaction.ts";
