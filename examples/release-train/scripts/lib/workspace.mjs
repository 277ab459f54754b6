import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  writeFileSync,
} from "node:fs";
import { dirname, join, relative, sep } from "node:path";
import { fileURLToPath } from "node:url";

/** The package's folder; every path the tools print is relative to it. */
export const root = join(dirname(fileURLToPath(import.meta.url)), "..", "..");

export const at = (...parts) => join(root, ...parts);
export const shown = (path) => relative(root, path).split(sep).join("/");

/** A reason to stop that the reader can act on: printed as one line, without a stack. */
export class Refusal extends Error {}

/** Runs a tool's body; a refusal becomes one line on stderr and exit code 1. */
export async function main(tool, body) {
  try {
    await body();
  } catch (error) {
    console.error(error instanceof Refusal ? `${tool}: ${error.message}` : error);
    process.exitCode = 1;
  }
}

export const readManifest = () => JSON.parse(readFileSync(at("package.json"), "utf8"));

/** Replaces a file in one move, so that a step beside this one never reads half of it. */
export function writeWhole(path, content) {
  mkdirSync(dirname(path), { recursive: true });
  const part = `${path}.${process.pid}.part`;
  writeFileSync(part, content);
  renameSync(part, path);
}

export const writeJson = (path, value) => writeWhole(path, `${JSON.stringify(value, null, 2)}\n`);

/** The files below a folder of the package, as sorted paths relative to the package. */
export function listFiles(folder, matches = () => true) {
  if (!existsSync(at(folder))) return [];
  return readdirSync(at(folder), { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile())
    .map((entry) => shown(join(entry.parentPath ?? entry.path, entry.name)))
    .filter(matches)
    .sort();
}

/** The value after `--name`, or undefined. */
export function option(name) {
  const index = process.argv.indexOf(`--${name}`);
  if (index === -1) return undefined;
  const value = process.argv[index + 1];
  if (value === undefined || value.startsWith("--")) throw new Refusal(`--${name} needs a value`);
  return value;
}
