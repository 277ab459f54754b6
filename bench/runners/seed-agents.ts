import { createHash, randomBytes } from "node:crypto";
import { withClient } from "@nofx/db/testing";
import type { BenchDatabase } from "../lib/database.ts";

/** So many agents with a key each, shared out among so many capabilities; two statements, however many. */
export async function seedAgents(
  database: BenchDatabase,
  count: number,
  capabilities: readonly string[],
): Promise<{ key: string; capability: string }[]> {
  const agents = Array.from({ length: count }, (_, i) => {
    const key = `nofx_ak_${randomBytes(32).toString("base64url")}`;
    return {
      key,
      name: `runner-${i}`,
      capability: capabilities[i % capabilities.length] ?? "",
      digest: createHash("sha256").update(key).digest("hex"),
    };
  });
  await withClient(database.adminUrl, (client) =>
    client.query(
      `with given as (
         select * from jsonb_to_recordset($2::jsonb) as g (name text, capability text, digest text)
       ),
       made as (
         insert into public.agent_registry (tenant_id, name, capabilities)
         select $1, g.name, array[g.capability] from given g returning id, name
       )
       insert into public.agent_keys (tenant_id, agent_id, key_sha256, hint)
       select $1, m.id, g.digest, 'bench' from made m join given g on g.name = m.name`,
      [database.tenantId, JSON.stringify(agents.map(({ key: _, ...agent }) => agent))],
    ),
  );
  return agents.map(({ key, capability }) => ({ key, capability }));
}
