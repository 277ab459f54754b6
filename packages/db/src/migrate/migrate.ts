import pg from "pg";
import { MigrationError } from "./migration-error.ts";
import { planMigrations } from "./plan-migrations.ts";
import type { AppliedMigration } from "./plan-migrations.ts";
import { MIGRATIONS_FOLDER, readMigrations } from "./read-migrations.ts";
import type { Migration } from "./read-migrations.ts";

export type MigrateOptions = {
  /** A direct connection (no transaction pooler) as role `postgres`. */
  connectionString: string;
  folder?: string;
  /** Called before each file. */
  onFile?: (file: string) => void;
};

/** One runner at a time for one database; the number is arbitrary and ours. */
const LOCK = 7_316_402_118;

/** A file with this line runs outside a transaction: for one `create index concurrently`, alone in its file. */
const NO_TRANSACTION = /^-- transaction: none$/m;

/** Applies what is pending, each file in one transaction, recorded as the Supabase CLI records it. */
export async function migrate(options: MigrateOptions): Promise<{ applied: string[] }> {
  const files = readMigrations(options.folder ?? MIGRATIONS_FOLDER);
  const client = new pg.Client({
    connectionString: options.connectionString,
    application_name: "nofx migrate",
  });
  await client.connect();
  try {
    await client.query("select pg_advisory_lock($1)", [LOCK]);
    await client.query("set client_min_messages = warning");
    const pending = planMigrations(files, await readHistory(client));
    for (const file of pending) {
      options.onFile?.(file.file);
      await apply(client, file);
    }
    return { applied: pending.map((file) => file.file) };
  } finally {
    await client.end();
  }
}

async function readHistory(client: pg.Client): Promise<AppliedMigration[]> {
  await client.query(`
    create schema if not exists supabase_migrations;
    create table if not exists supabase_migrations.schema_migrations (
      version text not null primary key, statements text[], name text
    )`);
  const { rows } = await client.query<AppliedMigration>(
    "select version, statements from supabase_migrations.schema_migrations order by version",
  );
  return rows;
}

async function apply(client: pg.Client, file: Migration): Promise<void> {
  const whole = !NO_TRANSACTION.test(file.sql);
  try {
    if (whole) await client.query("begin");
    await client.query(file.sql);
    await client.query(
      "insert into supabase_migrations.schema_migrations (version, name, statements) values ($1, $2, $3)",
      [file.version, file.name, [file.sql]],
    );
    if (whole) await client.query("commit");
  } catch (cause) {
    if (whole) await client.query("rollback").catch(() => {});
    throw new MigrationError(`${file.file}${placeOf(cause, file.sql)}: ${messageOf(cause)}`, {
      cause,
    });
  }
}

function placeOf(error: unknown, sql: string): string {
  const position = error instanceof pg.DatabaseError ? Number(error.position) : Number.NaN;
  if (!Number.isInteger(position)) return "";
  return `, line ${sql.slice(0, position).split("\n").length}`;
}

function messageOf(error: unknown): string {
  if (!(error instanceof pg.DatabaseError)) return String(error);
  return [error.message, error.where, error.hint].filter(Boolean).join(" | ");
}
