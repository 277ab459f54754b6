import { createHash } from "node:crypto";
import { readFileSync, readdirSync } from "node:fs";
import { getAuthSchemaSql, getStorageSchemaSql } from "@supabase/lite";
import type { ClientBase } from "pg";

const FOLDER = new URL("sql/", import.meta.url);

/** The statements in order: ours, with the auth and storage tables of the Supabase-compatible server in the middle. */
function bootstrapScripts(): string[] {
  const ours = readdirSync(FOLDER)
    .filter((name) => name.endsWith(".sql"))
    .sort()
    .map((name) => readFileSync(new URL(name, FOLDER), "utf8"));
  const [roles = "", schemas = "", ...rest] = ours;
  return [roles, schemas, getAuthSchemaSql(), getStorageSchemaSql(), ...rest];
}

/** Changes whenever the bootstrap does; part of the name of template databases. */
export function bootstrapDigest(): string {
  return createHash("sha256").update(bootstrapScripts().join("\0")).digest("hex").slice(0, 16);
}

/**
 * Gives a database what hosted Supabase gives every project: roles, auth, storage and realtime. Wants a superuser's
 * connection; does nothing where the same version was applied before.
 */
export async function bootstrapDatabase(client: ClientBase): Promise<void> {
  const mark = `local stack ${bootstrapDigest()}`;
  const { rows } = await client.query<{ mark: string | null }>(
    "select obj_description(to_regnamespace('realtime'), 'pg_namespace') as mark",
  );
  if (rows[0]?.mark === mark) return;
  await client.query("begin");
  try {
    await client.query("set local client_min_messages = warning");
    for (const script of bootstrapScripts()) await client.query(script);
    await client.query(`comment on schema realtime is '${mark}'`);
    await client.query("commit");
  } catch (error) {
    await client.query("rollback");
    throw error;
  }
}
