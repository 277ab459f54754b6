import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { at, shown } from "./workspace.mjs";

const FROM = /^(?:import|export)\s[^;]*?from\s+"([^"]+)";|^import\s+"([^"]+)";/gm;

/** The modules a file names in its static imports and re-exports, as written. */
export function specifiersOf(path) {
  return [...readFileSync(at(path), "utf8").matchAll(FROM)].map((match) => match[1] ?? match[2]);
}

/** The package's own files that a file imports directly. */
export function importsOf(path) {
  return specifiersOf(path)
    .filter((specifier) => specifier.startsWith("."))
    .map((specifier) => shown(join(at(dirname(path)), specifier)));
}

/** The package's own files that a file reaches through imports, nearest first. */
export function reachedBy(path) {
  const reached = new Set();
  for (let next = importsOf(path); next.length > 0;) {
    const fresh = next.filter((file) => !reached.has(file));
    for (const file of fresh) reached.add(file);
    next = fresh.flatMap(importsOf);
  }
  return [...reached];
}
