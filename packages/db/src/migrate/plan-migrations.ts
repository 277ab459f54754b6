import { MigrationError } from "./migration-error.ts";
import type { Migration } from "./read-migrations.ts";

/** A row of `supabase_migrations.schema_migrations`. */
export type AppliedMigration = { version: string; statements: string[] | null };

/**
 * Which migrations are still to be applied. Refuses a history that the folder cannot explain: one from newer code, a file
 * that came in behind one already applied, or a file that was changed after it was applied.
 */
export function planMigrations(files: Migration[], applied: AppliedMigration[]): Migration[] {
  const done = new Map(applied.map((row) => [row.version, row]));
  const known = new Set(files.map((file) => file.version));
  const unknown = applied.find((row) => !known.has(row.version));
  if (unknown) {
    throw new MigrationError(
      `The database has migration ${unknown.version}, which this code does not: it was made by a newer version.`,
    );
  }
  const pending: Migration[] = [];
  for (const file of files) {
    const row = done.get(file.version);
    if (!row) {
      pending.push(file);
      continue;
    }
    const late = pending[0];
    if (late) {
      throw new MigrationError(
        `${late.file} comes in behind ${file.file}, which the database has already; give it the next number.`,
      );
    }
    if (wasChanged(file, row)) {
      throw new MigrationError(
        `${file.file} was changed after it was applied; migrations are append-only: put it back and add a new one.`,
      );
    }
  }
  return pending;
}

/** Our runner keeps a file as one statement; the Supabase CLI splits it, and then there is nothing to compare. */
function wasChanged(file: Migration, row: AppliedMigration): boolean {
  const [text, ...more] = row.statements ?? [];
  if (text === undefined || more.length > 0) return false;
  return normalise(text) !== normalise(file.sql);
}

function normalise(sql: string): string {
  return sql.replaceAll("\r\n", "\n").replace(/[\s;]+$/, "");
}
