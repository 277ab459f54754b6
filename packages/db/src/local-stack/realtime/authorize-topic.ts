import type pg from "pg";
import type { Claims } from "../gateway/verify-token.ts";

/** What a bearer may do on a topic. */
export type TopicRights = { read: boolean; write: boolean };

/** The roles that a token may name. */
const API_ROLES = new Set(["anon", "authenticated", "service_role"]);

/**
 * Asks the policies on realtime.messages, the way hosted Realtime does: in a transaction that is always rolled back, may
 * this bearer see a message of the topic, and may it add one?
 */
export async function authorizeTopic(
  pool: pg.Pool,
  claims: Claims,
  topic: string,
): Promise<TopicRights> {
  if (!API_ROLES.has(claims.role)) return { read: false, write: false };
  const client = await pool.connect();
  try {
    await client.query("begin");
    const probe = await client.query<{ id: string }>(
      `insert into realtime.messages (topic, extension, event, private) values ($1, 'broadcast', 'probe', true) returning id`,
      [topic],
    );
    await client.query(
      `select set_config('request.jwt.claims', $1, true), set_config('request.jwt.claim.sub', $2, true),
        set_config('request.jwt.claim.role', $3, true), set_config('request.headers', '{}', true),
        set_config('realtime.topic', $4, true), set_config('role', $3, true)`,
      [JSON.stringify(claims), claims.sub ?? "", claims.role, topic],
    );
    const read = await allowed(client, async () => {
      const seen = await client.query("select from realtime.messages where id = $1", [
        probe.rows[0]?.id,
      ]);
      return seen.rowCount === 1;
    });
    const write = await allowed(client, async () => {
      await client.query(
        `insert into realtime.messages (topic, extension, event, private) values ($1, 'broadcast', 'probe', true)`,
        [topic],
      );
      return true;
    });
    return { read, write };
  } finally {
    const broken = await client.query("rollback").then(
      () => false,
      () => true,
    );
    client.release(broken);
  }
}

/** A policy that refuses, or fails, is a no; the transaction goes on. */
async function allowed(client: pg.PoolClient, ask: () => Promise<boolean>): Promise<boolean> {
  await client.query("savepoint question");
  try {
    return await ask();
  } catch (error) {
    if (!(error instanceof Error && "code" in error)) throw error;
    return false;
  } finally {
    await client.query("rollback to savepoint question");
  }
}
