import type { Kysely, Transaction } from "kysely";
import { withRetry } from "./retry.ts";

export type TransactionOptions = {
  isolation?: "read committed" | "repeatable read" | "serializable";
  /** Tries at most, the first included; only errors of the retry table are tried again. */
  attempts?: number;
};

/**
 * Runs `work` in one transaction, again from the start when the database asks for it: what `work` does outside the
 * transaction must bear being done twice.
 */
export function withTransaction<Database, T>(
  db: Kysely<Database>,
  work: (trx: Transaction<Database>) => Promise<T>,
  options: TransactionOptions = {},
): Promise<T> {
  const run = () => {
    const transaction = db.transaction();
    const isolation = options.isolation;
    return (isolation ? transaction.setIsolationLevel(isolation) : transaction).execute(work);
  };
  return withRetry(run, options.attempts ?? 3);
}
