import { withClient } from "@nofx/db/testing";
import type { BenchDatabase } from "../lib/database.ts";

const SLOWEST = `
  select schemaname || '.' || funcname as name, calls::float, round(self_time::numeric)::float as self_ms
  from pg_stat_user_functions order by self_time desc limit 15`;

/** Where a database's time went; nothing unless its server has `track_functions`. */
export async function slowestFunctions(database: BenchDatabase): Promise<unknown[]> {
  return withClient(database.adminUrl, async (client) => (await client.query(SLOWEST)).rows);
}
