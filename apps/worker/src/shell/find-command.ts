import { constants } from "node:fs";
import { access, stat } from "node:fs/promises";
import { delimiter, join, resolve } from "node:path";

/** Whether the command is there and may be run: asked before the start, so that "not found" is not an exit code. */
export async function isRunnable(command: string, cwd: string, path: string): Promise<boolean> {
  const places = command.includes("/")
    ? [resolve(cwd, command)]
    : path.split(delimiter).map((folder) => join(resolve(cwd, folder), command));
  for (const place of places) {
    if (await isExecutable(place)) return true;
  }
  return false;
}

async function isExecutable(file: string): Promise<boolean> {
  try {
    await access(file, constants.X_OK);
    return (await stat(file)).isFile();
  } catch {
    return false;
  }
}
