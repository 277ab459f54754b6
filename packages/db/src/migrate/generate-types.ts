import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createRequire } from "node:module";
import os from "node:os";
import path from "node:path";
import { writeOrCheck } from "./generated-file.ts";
import { withMigratedDatabase } from "./with-migrated-database.ts";

// Writes src/types.gen.ts, the row types of the migrated database, or compares it with --check.

/** Our pool reads bigint as a number; the generator assumes a string. */
const AS_STRING = "ColumnType<string, bigint | number | string, bigint | number | string>";
const AS_NUMBER = "ColumnType<number, bigint | number | string, bigint | number | string>";

const require = createRequire(import.meta.url);

const types = await withMigratedDatabase(async (database) => {
  const folder = mkdtempSync(path.join(os.tmpdir(), "nofx-types-"));
  const out = path.join(folder, "types.ts");
  try {
    const generator = path.join(path.dirname(require.resolve("kysely-codegen")), "cli/bin.js");
    execFileSync(process.execPath, [
      generator,
      "--dialect=postgres",
      `--url=${database.url("postgres")}`,
      "--default-schema=public",
      "--include-pattern=(public|engine).*",
      `--out-file=${out}`,
    ]);
    return readFileSync(out, "utf8").replaceAll(AS_STRING, AS_NUMBER);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});
writeOrCheck("src/types.gen.ts", types, "node src/migrate/generate-types.ts");
