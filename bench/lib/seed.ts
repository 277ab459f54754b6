import { randomUUID } from "node:crypto";
import { createPool } from "@nofx/db/client";
import { withClient } from "@nofx/db/testing";
import type { BenchDatabase } from "./database.ts";

/** Makes so many tenants more and answers their ids. */
export async function seedTenants(database: BenchDatabase, count: number): Promise<string[]> {
  const ids = Array.from({ length: count }, () => randomUUID());
  await withClient(database.adminUrl, (client) =>
    client.query(
      "insert into public.tenants (id, slug, name) select id, 't-' || id, 'Tenant' from unnest($1::uuid[]) as id",
      [ids],
    ),
  );
  return ids;
}

/** The engine's own way to queue tasks, with the documents made in Postgres: a million in half a minute. */
export interface Queue {
  add(tenantId: string, count: number, payload?: Record<string, unknown>): Promise<void>;
  close(): Promise<void>;
}

export function openQueue(database: BenchDatabase, max = 2): Queue {
  const pool = createPool({
    connectionString: database.url("nofx_worker"),
    applicationName: "bench queue",
    max,
  });
  return {
    async add(tenantId, count, payload = {}) {
      await pool.query(
        `select engine.enqueue($1, (
           select jsonb_agg(jsonb_build_object('kind', 'http', 'kind_version', 1, 'executor', 'worker', 'title', 'Task',
             'token', gen_random_uuid(), 'arguments', jsonb_build_object('method', 'PUT', 'url', 'https://bench.example/',
               'body', jsonb_build_object('json', $2::jsonb || jsonb_build_object('i', i)),
               'timeoutSeconds', 30, 'maxResponseBytes', 65536)))
           from generate_series(1, $3::int) as i), 'member', $4, gen_random_uuid())`,
        [tenantId, JSON.stringify(payload), count, database.memberId],
      );
      if (count === 1) await pool.query("select pg_notify('nofx_doorbell', 'default')");
    },
    close: () => pool.end(),
  };
}

/** As autovacuum would have left it some time after. */
export async function settleStorage(database: BenchDatabase): Promise<void> {
  await withClient(database.adminUrl, async (client) => {
    await client.query("vacuum analyze public.runs");
    await client.query("vacuum analyze public.steps");
    await client.query("checkpoint");
  });
}
