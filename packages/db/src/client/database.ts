import { Kysely, PostgresDialect } from "kysely";
import type pg from "pg";

/** Kysely over a pool. The row types come from `@nofx/db/types`. */
export function createDatabase<Database>(pool: pg.Pool): Kysely<Database> {
  return new Kysely<Database>({ dialect: new PostgresDialect({ pool }) });
}
