import { readFileSync, writeFileSync } from "node:fs";
import path from "node:path";

const PACKAGE = path.resolve(import.meta.dirname, "../..");

/** Writes a generated file of this package, or with --check only says whether the committed one is up to date. */
export function writeOrCheck(file: string, content: string, command: string): void {
  const at = path.join(PACKAGE, file);
  if (!process.argv.includes("--check")) {
    writeFileSync(at, content);
    console.log(`wrote packages/db/${file}`);
    return;
  }
  if (readFileSync(at, "utf8") === content) {
    console.log(`packages/db/${file} is up to date`);
    return;
  }
  console.error(
    `packages/db/${file} is not what the migrations make; run "${command}" in packages/db and commit it.`,
  );
  process.exitCode = 1;
}
