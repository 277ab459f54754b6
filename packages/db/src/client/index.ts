export { createDatabase } from "./database.ts";
export { createPool } from "./pool.ts";
export type { PoolOptions } from "./pool.ts";
export { retryDelay, sqlStateOf, withRetry } from "./retry.ts";
export { withTransaction } from "./transaction.ts";
export type { TransactionOptions } from "./transaction.ts";
