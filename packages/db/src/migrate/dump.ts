import { withClient } from "../testing/index.ts";
import { dumpSchema } from "./dump-schema.ts";
import { writeOrCheck } from "./generated-file.ts";
import { listGrants } from "./list-grants.ts";
import { withMigratedDatabase } from "./with-migrated-database.ts";

// Writes schema.sql and grants.txt, or compares them with --check.
const COMMAND = "node src/migrate/dump.ts";

const { schema, grants } = await withMigratedDatabase((database) =>
  withClient(database.adminUrl, async (client) => ({
    schema: await dumpSchema(client),
    grants: await listGrants(client),
  })),
);
writeOrCheck("schema.sql", schema, COMMAND);
writeOrCheck("grants.txt", `${grants.join("\n")}\n`, COMMAND);
