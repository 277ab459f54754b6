import { realpath } from "node:fs/promises";
import { basename, dirname, join, relative, resolve, sep } from "node:path";
import { StepFailed } from "../catalog/handler.ts";

export function isInside(folder: string, path: string): boolean {
  const way = relative(folder, path);
  return way === "" || (way !== ".." && !way.startsWith(`..${sep}`));
}

/** Where `path` really is, or undefined where there is nothing; a link that leads out of the workspace is refused. */
export async function findInside(workspace: string, path: string): Promise<string | undefined> {
  const root = await realpath(workspace);
  try {
    const real = await realpath(join(root, path));
    if (isInside(root, real)) return real;
  } catch (error) {
    if (["ENOENT", "ENOTDIR"].includes((error as NodeJS.ErrnoException).code ?? ""))
      return undefined;
    throw error;
  }
  throw leadsOut(path);
}

/** Where a new file may be written: its deepest folder that exists must really lie inside the workspace. */
export async function placeInside(workspace: string, path: string): Promise<string> {
  const root = await realpath(workspace);
  const target = resolve(root, path);
  if (!isInside(root, target) || target === root) throw leadsOut(path);
  for (let folder = dirname(target); ; folder = dirname(folder)) {
    try {
      const real = await realpath(folder);
      if (!isInside(root, real)) throw leadsOut(path);
      return join(real, relative(folder, dirname(target)), basename(target));
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
    }
  }
}

function leadsOut(path: string): StepFailed {
  return new StepFailed("invalid_input", `"${path}" leads out of the workspace.`);
}
