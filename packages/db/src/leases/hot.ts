import { CompiledQuery } from "kysely";
import type pg from "pg";
import type { EngineDb } from "./engine-db.ts";

/**
 * What the calls of a worker's tick go through: a pool of direct connections, which keep each statement prepared under its name,
 * or anything else that takes SQL.
 */
export type HotDb = EngineDb | pg.Pool;

export interface HotStatement {
  readonly name: string;
  /** Answers one row with one `value`. */
  readonly text: string;
}

/** The one value of a statement that is called all the time. */
export async function callHot(
  db: HotDb,
  statement: HotStatement,
  values: unknown[],
): Promise<unknown> {
  const { rows } =
    "executeQuery" in db
      ? await db.executeQuery<{ value: unknown }>(CompiledQuery.raw(statement.text, values))
      : await db.query<{ value: unknown }>({ ...statement, values });
  return rows[0]?.value;
}
