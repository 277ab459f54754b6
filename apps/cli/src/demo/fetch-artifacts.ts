import { createHash } from "node:crypto";
import { mkdirSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";
import type { ArtifactView } from "@nofx/core/api";
import { Sentence } from "../errors.ts";

/** Downloads an artifact and makes sure that it is what the run stored. Returns the file. */
export async function fetchArtifact(
  artifact: ArtifactView,
  folder: string,
  signal: AbortSignal,
): Promise<string> {
  const response = await fetch(artifact.url, {
    signal: AbortSignal.any([signal, AbortSignal.timeout(60_000)]),
  });
  if (!response.ok) {
    throw new Sentence(
      `${artifact.name} could not be downloaded: storage answered ${response.status}.`,
    );
  }
  const content = new Uint8Array(await response.arrayBuffer());
  const sha256 = createHash("sha256").update(content).digest("hex");
  if (content.length !== artifact.size || sha256 !== artifact.sha256) {
    throw new Sentence(
      `${artifact.name} is not what the run stored: ${content.length} bytes with sha256 ${sha256} came, ${artifact.size} bytes with ${artifact.sha256} were stored.`,
    );
  }
  mkdirSync(folder, { recursive: true });
  const file = join(folder, basename(artifact.name));
  writeFileSync(file, content);
  return file;
}
