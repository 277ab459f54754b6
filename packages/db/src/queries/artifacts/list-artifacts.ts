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

/** Stored artifacts: of a run (newest 500) or the one with the given id. */
export async function listArtifacts(
  db: Executor,
  filter: { tenantId: string; runId?: string; artifactId?: string },
): Promise<ArtifactRecord[]> {
  const { rows } = await sql<ArtifactRecord>`
    select a.id, a.run_id, a.step_id, s.name as step_name, a.name, a.content_type, a.size, a.sha256, a.path, a.created_at
    from artifacts a join steps s on s.id = a.step_id
    where a.tenant_id = ${filter.tenantId}::uuid and a.stored_at is not null
      and (${filter.runId ?? null}::uuid is null or a.run_id = ${filter.runId ?? null}::uuid)
      and (${filter.artifactId ?? null}::uuid is null or a.id = ${filter.artifactId ?? null}::uuid)
    order by s.position, a.name limit 500
  `.execute(db);
  return rows;
}
