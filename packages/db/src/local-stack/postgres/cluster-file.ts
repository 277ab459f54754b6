import { randomBytes } from "node:crypto";
import { mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import path from "node:path";
import { z } from "zod";

/** What we remember of a cluster: where it lives, its superuser's password, and which process started it last. */
const ClusterFile = z.object({
  place: z.string().optional(),
  password: z.string(),
  owner: z.object({ pid: z.number(), started: z.string() }).optional(),
});
export type ClusterFile = z.infer<typeof ClusterFile>;

/** Reads `<home>/postgres.json`, or begins a new one. */
export function readClusterFile(home: string): ClusterFile {
  mkdirSync(home, { recursive: true, mode: 0o755 });
  try {
    return ClusterFile.parse(JSON.parse(readFileSync(fileOf(home), "utf8")));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
    return { password: randomBytes(24).toString("base64url") };
  }
}

/** Replaces the file in one step, readable by its owner alone. */
export function writeClusterFile(home: string, content: ClusterFile): void {
  const next = `${fileOf(home)}.new`;
  writeFileSync(next, `${JSON.stringify(content, null, 2)}\n`, { mode: 0o600 });
  renameSync(next, fileOf(home));
}

function fileOf(home: string): string {
  return path.join(home, "postgres.json");
}
