import { join, resolve } from "node:path";

/** The clone. */
export const root = resolve(import.meta.dirname, "../../..");

/** Where the running system keeps its state: database, files, keys, logs, locks. */
export const home = resolve(root, process.env["NOFX_HOME"] || ".nofx");

/** A path as people read it: relative to where they are when that is shorter. */
export function shown(path: string): string {
  const here = process.cwd();
  return path.startsWith(`${here}/`) ? path.slice(here.length + 1) : path;
}

export function logFile(name: string, folder: string = home): string {
  return join(folder, "logs", `${name}.log`);
}
