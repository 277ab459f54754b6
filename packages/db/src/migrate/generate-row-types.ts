import { execFile } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createRequire } from "node:module";
import os from "node:os";
import path from "node:path";
import { promisify } from "node:util";

/** Our pool reads bigint as a number; the generator assumes a string. */
const AS_STRING = "ColumnType<string, bigint | number | string, bigint | number | string>";
const AS_NUMBER = "ColumnType<number, bigint | number | string, bigint | number | string>";

const require = createRequire(import.meta.url);

/** The row types of schemas public and engine, as TypeScript; `url` is a migrated database as role `postgres`. */
export async function generateRowTypes(url: string): Promise<string> {
  const folder = mkdtempSync(path.join(os.tmpdir(), "nofx-types-"));
  const out = path.join(folder, "types.ts");
  const generator = path.join(path.dirname(require.resolve("kysely-codegen")), "cli/bin.js");
  try {
    await promisify(execFile)(process.execPath, [
      generator,
      "--dialect=postgres",
      `--url=${url}`,
      "--default-schema=public",
      "--include-pattern=(public|engine).*",
      `--out-file=${out}`,
    ]);
    return readFileSync(out, "utf8").replaceAll(AS_STRING, AS_NUMBER);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
