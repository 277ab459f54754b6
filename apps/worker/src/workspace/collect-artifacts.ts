import { createHash } from "node:crypto";
import { glob, readFile, stat } from "node:fs/promises";
import { sep } from "node:path";
import type { HeldStep, WorkerEngine } from "@nofx/control/steps";
import { ArtifactName, MAX_ARTIFACT_BYTES } from "@nofx/core/contract";
import { StepFailed, type StepRun } from "../catalog/handler.ts";
import { persist } from "../loop/persist.ts";
import { contentTypeOf } from "./content-type.ts";
import type { Files } from "./files.ts";
import { findInside } from "./inside.ts";

const AT_ONCE = 4;
const MAGIC = /[*?[{]/;

/** Stores what the command was to leave behind: announce, send, confirm. What is missing fails the step. */
export async function collectArtifacts(
  run: StepRun,
  patterns: readonly string[],
  workspace: string,
  ports: { engine: WorkerEngine; files: Files },
): Promise<void> {
  const names = [...new Set((await Promise.all(patterns.map((p) => match(p, workspace)))).flat())];
  const found = await Promise.all(names.map((name) => locate(name, workspace)));
  const waiting = [...found];
  const worker = async () => {
    for (let file = waiting.shift(); file !== undefined; file = waiting.shift()) {
      await store(run, run.held, file, ports);
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, worker));
}

async function match(pattern: string, workspace: string): Promise<string[]> {
  if (!MAGIC.test(pattern)) return [pattern];
  const names: string[] = [];
  for await (const entry of glob(pattern, { cwd: workspace, withFileTypes: false })) {
    const real = await findInside(workspace, entry);
    if (real !== undefined && (await stat(real)).isFile()) names.push(entry.split(sep).join("/"));
  }
  if (names.length === 0) throw missing(pattern);
  return names.sort();
}

async function locate(name: string, workspace: string): Promise<{ name: string; path: string }> {
  const path = await findInside(workspace, name);
  if (path === undefined) throw missing(name);
  const { size, isFile } = await stat(path).then((s) => ({ size: s.size, isFile: s.isFile() }));
  if (!isFile) throw new StepFailed("artifact_missing", `"${name}" is not a file.`);
  if (size > MAX_ARTIFACT_BYTES) {
    const limit = MAX_ARTIFACT_BYTES / 1024 / 1024;
    throw new StepFailed(
      "invalid_input",
      `"${name}" is larger than ${limit} MiB, the most an artifact may be.`,
    );
  }
  if (!ArtifactName.safeParse(name).success) {
    throw new StepFailed(
      "invalid_input",
      `"${name}" is no name for an artifact: at most 255 plain characters.`,
    );
  }
  return { name, path };
}

async function store(
  run: StepRun,
  held: HeldStep,
  file: { name: string; path: string },
  { engine, files }: { engine: WorkerEngine; files: Files },
): Promise<void> {
  const bytes = await readFile(file.path);
  const contentType = contentTypeOf(file.name);
  const sha256 = createHash("sha256").update(bytes).digest("hex");
  const facts = { name: file.name, contentType, size: bytes.byteLength, sha256 };
  await persist(run, async () => {
    const announced = await engine.beginArtifact(held, facts);
    await files.put(announced.tenant_id, announced.path, bytes, contentType);
    await engine.finishArtifact(held, announced.id);
  });
}

function missing(name: string): StepFailed {
  return new StepFailed("artifact_missing", `The command ended well but left no "${name}".`);
}
