import { sql } from "kysely";
import type { Executor } from "../executor.ts";

export interface ArtifactRecord {
  id: string;
  run_id: string;
  step_id: string;
  step_name: string;
  name: string;
  content_type: string;
  size: number;
  sha256: string;
  path: string;
  created_at: Date;
}

/** Stored artifacts: of a run (500 at most) or the one with the given id. Of one that was redacted there is no file to show. */
export async function listArtifacts(
  db: Executor,
  filter: { tenantId: string; runId?: string; artifactId?: string },
): Promise<ArtifactRecord[]> {
  // what a step took over from another run counts as its own
  const of =
    filter.runId === undefined
      ? sql`artifacts_all a join steps_all s on s.id = a.step_id where a.id = ${filter.artifactId ?? null}::uuid`
      : sql`steps_all s join artifacts_all a on a.step_id = coalesce(s.kept_from, s.id) where s.run_id = ${filter.runId}::uuid`;
  const { rows } = await sql<ArtifactRecord>`
    select a.id, s.run_id, s.id as step_id, s.name as step_name, a.name, a.content_type, a.size, a.sha256, a.path, a.created_at
    from ${of} and a.tenant_id = ${filter.tenantId}::uuid and a.stored_at is not null
      and a.redacted_at is null
    order by s.position, a.name limit 500
  `.execute(db);
  return rows;
}
