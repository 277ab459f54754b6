import type { RawBuilder } from "kysely";
import type { EngineDb } from "./engine-db.ts";

/** The one value that an engine function answers with. */
export async function callOne(
  db: EngineDb,
  statement: RawBuilder<{ value: unknown }>,
): Promise<unknown> {
  const { rows } = await statement.execute(db);
  return rows[0]?.value;
}
