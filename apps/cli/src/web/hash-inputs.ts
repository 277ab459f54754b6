import { createHash } from "node:crypto";
import { readFileSync, readdirSync, statSync } from "node:fs";
import { join } from "node:path";

/** What the build of the web app is made from. */
const INPUTS = [
  "apps/web",
  "packages/control",
  "packages/core",
  "packages/db/package.json",
  "packages/db/src",
  "packages/ui",
  "pnpm-lock.yaml",
  "tsconfig.base.json",
];

const MADE = new Set([
  "node_modules",
  ".next",
  ".turbo",
  "dist",
  "coverage",
  "test",
  "local-stack",
]);
const IRRELEVANT = /(\.test\.tsx?|\.test-d\.ts|\.md|\.tsbuildinfo|^next-env\.d\.ts)$/;

/** One digest of everything the web app is built from: when it is the same, so is the build. */
export function hashInputs(root: string): string {
  const hash = createHash("sha256");
  for (const input of INPUTS) {
    for (const file of listFiles(root, input)) {
      hash
        .update(`${file}\0`)
        .update(readFileSync(join(root, file)))
        .update("\0");
    }
  }
  return hash.update(process.versions.node).digest("hex");
}

function listFiles(root: string, path: string): string[] {
  const stat = statSync(join(root, path), { throwIfNoEntry: false });
  if (stat === undefined) return [];
  if (stat.isFile()) return [path];
  return readdirSync(join(root, path), { withFileTypes: true })
    .filter((entry) => !(entry.isDirectory() ? MADE.has(entry.name) : IRRELEVANT.test(entry.name)))
    .map((entry) => entry.name)
    .sort()
    .flatMap((name) => listFiles(root, `${path}/${name}`));
}
