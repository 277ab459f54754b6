import {
  fstatSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  statSync,
  writeSync,
} from "node:fs";
import { dirname } from "node:path";

const KEEP_BYTES = 5 * 1024 * 1024;

/** Opens a log to append to; one that has grown large moves aside first, to `<file>.old`. */
export function openLog(file: string, now: Date): number {
  mkdirSync(dirname(file), { recursive: true });
  if ((statSync(file, { throwIfNoEntry: false })?.size ?? 0) > KEEP_BYTES) {
    renameSync(file, `${file}.old`);
  }
  const fd = openSync(file, "a", 0o600);
  if (fstatSync(fd).size > 0) writeSync(fd, "\n");
  writeSync(fd, `--- ${now.toISOString()}\n`);
  return fd;
}

/** The last lines of what the newest start wrote, without the stacks between them. */
export function tailLog(file: string, lines: number): string[] {
  let text: string;
  try {
    text = readFileSync(file, "utf8");
  } catch {
    return [];
  }
  const newest = text.slice(text.lastIndexOf("\n--- ") + 1).replace(/^--- .*\n/, "");
  return newest
    .split("\n")
    .filter((line) => line.trim() !== "" && !/^\s+at |^Node\.js v/.test(line))
    .slice(-lines);
}
