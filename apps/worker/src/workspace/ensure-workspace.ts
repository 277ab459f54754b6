import {
  constants,
  copyFile,
  mkdir,
  readdir,
  readFile,
  readlink,
  realpath,
  rename,
  rm,
  stat,
  symlink,
} from "node:fs/promises";
import { dirname, join, resolve } from "node:path";
import { StepFailed } from "../catalog/handler.ts";
import { isInside } from "./inside.ts";

export interface Workspaces {
  /** The run's folder, copied from `source` when it is first asked for; empty where the plan names none. */
  ensure(runId: string, source: string | null): Promise<string>;
}

interface Folders {
  /** Holds one workspace a run. */
  readonly folder: string;
  /** Sources must lie inside. */
  readonly root: string;
  /** Keeps keys and the database of a local stack: nothing is copied from it. */
  readonly state?: string | undefined;
  readonly newUuid: () => string;
}

/** Workspaces of runs, each copied from its source when it is first asked for. */
export function createWorkspaces(options: Folders): Workspaces {
  const making = new Map<string, Promise<string>>();
  return {
    ensure(runId, source) {
      const known = making.get(runId);
      if (known !== undefined) return known;
      const made = make(options, runId, source).finally(() => making.delete(runId));
      making.set(runId, made);
      return made;
    },
  };
}

async function make(
  { folder, root, state, newUuid }: Folders,
  runId: string,
  source: string | null,
): Promise<string> {
  const target = join(resolve(folder), runId);
  if (await exists(target)) return target;
  await mkdir(folder, { recursive: true });
  const part = join(resolve(folder), `.${runId}.${newUuid()}.part`);
  try {
    if (source === null) await mkdir(part);
    else {
      const kept = await stateFolder(state);
      const from = await sourceInside(root, source, kept);
      await copy(from, part, [await realpath(folder), ...kept]);
    }
    await rename(part, target);
  } catch (error) {
    await rm(part, { recursive: true, force: true });
    // another process was first: its copy is as good
    if (await exists(target)) return target;
    throw error;
  }
  return target;
}

async function stateFolder(state: string | undefined): Promise<string[]> {
  if (state === undefined) return [];
  return realpath(resolve(state)).then(
    (real) => [real],
    () => [],
  );
}

async function sourceInside(
  root: string,
  source: string,
  kept: readonly string[],
): Promise<string> {
  const real = await realpath(resolve(root, source)).catch(() => undefined);
  if (real === undefined || !isInside(await realpath(root), real)) {
    throw new StepFailed(
      "invalid_input",
      real === undefined
        ? `The plan's workspace "${source}" is not there: it is looked for in the worker's NOFX_WORKSPACE_ROOT.`
        : `The plan's workspace "${source}" leads out of the worker's NOFX_WORKSPACE_ROOT.`,
    );
  }
  if (kept.some((folder) => isInside(folder, real))) {
    throw new StepFailed(
      "invalid_input",
      `The plan's workspace "${source}" lies in NOFX_HOME, which holds keys and the database: name another folder.`,
    );
  }
  return real;
}

async function copy(source: string, target: string, leftOut: readonly string[]): Promise<void> {
  const left = new Set(["node_modules", ".git", ...(await ignoredNames(source))]);
  // fs.cp refuses a source that holds its own target, which a whole clone with its state folder does
  const copyFolder = async (from: string, to: string): Promise<void> => {
    await mkdir(to);
    for (const entry of await readdir(from, { withFileTypes: true })) {
      const [path, copied] = [join(from, entry.name), join(to, entry.name)];
      if (left.has(entry.name) || leftOut.some((folder) => isInside(folder, path))) continue;
      if (entry.isDirectory()) await copyFolder(path, copied);
      else if (entry.isSymbolicLink()) await symlink(await readlink(path), copied);
      else if (entry.isFile()) await copyFile(path, copied, constants.COPYFILE_FICLONE);
    }
  };
  await copyFolder(source, target);
}

/** The plain names in the `.gitignore` at the top: what earlier work left there is not part of the source. */
async function ignoredNames(source: string): Promise<string[]> {
  const text = await readFile(join(source, ".gitignore"), "utf8").catch(() => "");
  return text
    .split("\n")
    .map((line) => line.trim().replace(/^\//, "").replace(/\/$/, ""))
    .filter((name) => /^[\w.@-][\w.@ -]*$/.test(name) && dirname(name) === ".");
}

/** Clears away copies that a worker died over. One that is being made right now is younger than an hour. */
export async function removeHalfMade(folder: string, now: Date): Promise<void> {
  for (const name of await readdir(folder).catch(() => [])) {
    if (!/^\..+\.part$/.test(name)) continue;
    const path = join(folder, name);
    const found = await stat(path).catch(() => undefined);
    if (found !== undefined && now.getTime() - found.mtimeMs > 3_600_000) {
      await rm(path, { recursive: true, force: true });
    }
  }
}

async function exists(path: string): Promise<boolean> {
  return stat(path).then(
    (found) => found.isDirectory(),
    () => false,
  );
}
