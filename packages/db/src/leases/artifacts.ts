import { sql } from "kysely";
import { callOne } from "./call.ts";
import { AnnouncedArtifact, ArtifactRow } from "./claimed-step.ts";
import type { Claim, EngineDb } from "./engine-db.ts";

export interface ArtifactFile {
  readonly name: string;
  readonly contentType: string;
  readonly size: number;
  readonly sha256: string;
}

/** Announces an artifact; its path in storage never repeats. */
export async function beginArtifact(
  db: EngineDb,
  claim: Claim,
  file: ArtifactFile,
): Promise<AnnouncedArtifact> {
  return AnnouncedArtifact.parse(
    await callOne(
      db,
      sql`select engine.begin_artifact(${claim.tenantId}::uuid, ${claim.stepId}::uuid, ${claim.epoch},
        ${file.name}, ${file.contentType}, ${file.size}, ${file.sha256}) as value`,
    ),
  );
}

/** What was announced, or undefined where the step has no such artifact. */
export async function announcedArtifact(
  db: EngineDb,
  claim: Claim,
  artifactId: string,
): Promise<AnnouncedArtifact | undefined> {
  const value = await callOne(
    db,
    sql`select engine.announced_artifact(${claim.tenantId}::uuid, ${claim.stepId}::uuid, ${claim.epoch},
      ${artifactId}::uuid) as value`,
  );
  return value == null ? undefined : AnnouncedArtifact.parse(value);
}

/** Makes an announced artifact visible, once its bytes are in storage. */
export async function finishArtifact(
  db: EngineDb,
  claim: Claim,
  artifactId: string,
): Promise<ArtifactRow | undefined> {
  const value = await callOne(
    db,
    sql`select engine.finish_artifact(${claim.tenantId}::uuid, ${claim.stepId}::uuid, ${claim.epoch},
      ${artifactId}::uuid) as value`,
  );
  return value == null ? undefined : ArtifactRow.parse(value);
}
