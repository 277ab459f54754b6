import { readFileSync, readdirSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { MigrationError } from "./migration-error.ts";

/** One file of `supabase/migrations`. */
export type Migration = { version: string; name: string; file: string; sql: string };

/** Where the Supabase CLI looks too. */
export const MIGRATIONS_FOLDER = fileURLToPath(
  new URL("../../supabase/migrations/", import.meta.url),
);

const FILE = /^(\d{4})_([a-z0-9_]+)\.sql$/;

/**
 * Reads a folder of migrations in order and refuses a number used twice. Numbers may be left out: they are given to work that
 * is done side by side, and a file that comes in behind one already applied is refused when it is planned.
 */
export function readMigrations(folder: string = MIGRATIONS_FOLDER): Migration[] {
  const files = listFolder(folder)
    .filter((name) => name.endsWith(".sql"))
    .sort();
  const migrations: Migration[] = [];
  for (const file of files) {
    const [, version, name] = FILE.exec(file) ?? [];
    if (!version || !name) {
      throw new MigrationError(`${file} is not named like 0001_what_it_does.sql.`);
    }
    const previous = migrations.at(-1);
    if (previous?.version === version) {
      throw new MigrationError(
        `${previous.file} and ${file} have the same number; give the newer one the next.`,
      );
    }
    const sql = readFileSync(`${folder}/${file}`, "utf8");
    migrations.push({ version, name, file, sql });
  }
  return migrations;
}

function listFolder(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch (cause) {
    throw new MigrationError(`The folder of migrations is missing: ${folder}.`, { cause });
  }
}
