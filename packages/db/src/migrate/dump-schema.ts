import type { ClientBase, Pool } from "pg";
import { DUMP_QUERIES } from "./dump-queries.ts";

const HEADER = `-- The schema that the migrations make, for reading and for review. Written by "node src/migrate/dump.ts"; not a
-- migration, and never applied. Rights are listed in grants.txt.
`;

/** The whole schema as text, the same for the same migrations: every object of ours and every policy, sorted by name. */
export async function dumpSchema(db: ClientBase | Pool): Promise<string> {
  const parts = [HEADER];
  for (const { title, sql } of DUMP_QUERIES) {
    const { rows } = await db.query<{ text: string }>(sql);
    if (rows.length === 0) continue;
    parts.push(`-- ${title}\n`, ...rows.map((row) => `${row.text.trimEnd()}\n`));
  }
  return parts.join("\n");
}
