import type { DB } from "@nofx/db/types";
import { sql, type Transaction } from "kysely";
import { digestAgentKey, hintOf } from "../agents/agent-key.ts";

export interface NewAgent {
  name: string;
  description: string;
  capabilities: readonly string[];
  /** Kept by the caller; the database gets its digest. */
  key: string;
}

/** Lists an agent with this key. Its other keys, which whoever asks no longer has, are revoked. */
export async function putAgent(
  db: Transaction<DB>,
  tenantId: string,
  agent: NewAgent,
): Promise<void> {
  const digest = digestAgentKey(agent.key);
  const { id } = await db
    .insertInto("agent_registry")
    .values({
      tenant_id: tenantId,
      name: agent.name,
      description: agent.description,
      capabilities: [...agent.capabilities],
    })
    .onConflict((conflict) =>
      conflict
        .columns(["tenant_id", "name"])
        // Changes nothing: what people made of the agent stays. It is there for `returning`.
        .doUpdateSet((row) => ({ name: row.ref("excluded.name") })),
    )
    .returning("id")
    .executeTakeFirstOrThrow();
  await db
    .insertInto("agent_keys")
    .values({ tenant_id: tenantId, agent_id: id, key_sha256: digest, hint: hintOf(agent.key) })
    .onConflict((conflict) => conflict.column("key_sha256").doNothing())
    .execute();
  await db
    .updateTable("agent_keys")
    .set({ revoked_at: sql<Date>`clock_timestamp()` })
    .where("agent_id", "=", id)
    .where("key_sha256", "!=", digest)
    .where("revoked_at", "is", null)
    .execute();
}
