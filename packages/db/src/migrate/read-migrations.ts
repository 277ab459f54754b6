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

/** Reads a folder of migrations in order and refuses one with a gap or a number used twice. */
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
    const expected = String(migrations.length + 1).padStart(4, "0");
    if (version !== expected) {
      throw new MigrationError(
        `${file} leaves a gap: the number after ${previous?.file ?? "none"} is ${expected}.`,
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
