import { sql } from "kysely";
import { z } from "zod";
import { callOne } from "./call.ts";
import type { EngineDb } from "./engine-db.ts";

const Archived = z.object({ runs: z.number(), steps: z.number(), lag_seconds: z.number() });
/** What one call moved to the history; how long past its time the oldest run of it was. */
export type Archived = z.infer<typeof Archived>;

const DeletedHistory = z.object({ runs: z.number(), files: z.number() });
export type DeletedHistory = z.infer<typeof DeletedHistory>;

/** A file whose artifact is gone. */
export interface FileToRemove {
  readonly tenant_id: string;
  readonly path: string;
}

/** Moves finished runs that are past their tenant's policy to the history, about so many. */
export async function archive(db: EngineDb, limit: number): Promise<Archived> {
  return Archived.parse(await callOne(db, sql`select engine.archive(${limit}) as value`));
}

/** Deletes runs that the history has kept long enough, about so many. */
export async function deleteHistory(db: EngineDb, limit: number): Promise<DeletedHistory> {
  return DeletedHistory.parse(
    await callOne(db, sql`select engine.delete_history(${limit}) as value`),
  );
}

/** Deletes old events that nobody is still to be told of; answers how many. */
export async function pruneEvents(db: EngineDb, limit: number): Promise<number> {
  return Number(await callOne(db, sql`select engine.prune_events(${limit}) as value`));
}

/** Files to remove now. Each is answered again later, until `filesGone` names it. */
export async function filesToRemove(db: EngineDb, limit: number): Promise<FileToRemove[]> {
  const { rows } = await sql<FileToRemove>`
    select tenant_id, path from engine.files_to_remove(${limit})
  `.execute(db);
  return rows;
}

export async function filesGone(db: EngineDb, paths: readonly string[]): Promise<void> {
  await sql`select engine.files_gone(${[...paths]}::text[])`.execute(db);
}

/** What holds for tenants that have not said otherwise, as far as it is named. */
export async function setPlaneRetention(
  db: EngineDb,
  policy: Readonly<Record<string, number | null>>,
): Promise<void> {
  await sql`select engine.set_plane_retention(${JSON.stringify(policy)}::jsonb)`.execute(db);
}
