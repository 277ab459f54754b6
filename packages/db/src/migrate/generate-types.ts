import { generateRowTypes } from "./generate-row-types.ts";
import { writeOrCheck } from "./generated-file.ts";
import { withMigratedDatabase } from "./with-migrated-database.ts";

// Writes src/types.gen.ts, the row types of the migrated database, or compares it with --check.
const types = await withMigratedDatabase((database) => generateRowTypes(database.url("postgres")));
writeOrCheck("src/types.gen.ts", types, "node src/migrate/generate-types.ts");
