import { createHmac } from "node:crypto";
import type { ClientBase } from "pg";

/** The password of a login role on this machine: derived, so that one secret is all there is to keep. */
export function localPassword(role: string, secret: string): string {
  return createHmac("sha256", secret).update(`database role ${role}`).digest("base64url");
}

/**
 * Migrations create login roles without a password, since on a hosted project an operator sets it. Here `postgres` and
 * every role of ours that may log in get theirs; returns the names.
 */
export async function setLocalPasswords(client: ClientBase, secret: string): Promise<string[]> {
  const { rows } = await client.query<{ name: string }>(
    `select rolname as name from pg_roles
     where rolcanlogin and (rolname = 'postgres' or rolname like 'nofx\\_%') order by rolname`,
  );
  for (const { name } of rows) {
    const statement = `select format('alter role %I password %L', $1::text, $2::text) as sql`;
    const made = await client.query<{ sql: string }>(statement, [
      name,
      localPassword(name, secret),
    ]);
    await client.query(made.rows[0]?.sql ?? "");
  }
  return rows.map((row) => row.name);
}
