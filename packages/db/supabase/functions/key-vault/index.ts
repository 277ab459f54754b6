import process from "node:process";
import { answerKeyVault } from "@nofx/control/edge/key-vault";
import { keksOf } from "@nofx/control/vault/keks-of";
import { createDatabase, createPool } from "@nofx/db/client";
import type { DB } from "@nofx/db/types";
import { needed, report, serve, token } from "../shared/serve.ts";

// Opens keys for our own processes: the second door to what they do themselves where they were given a KEK. docs/vault.md

const vault = {
  db: createDatabase<DB>(
    createPool({ connectionString: needed("DATABASE_URL"), applicationName: "key-vault", max: 4 }),
  ),
  keks: keksOf(process.env),
  token: token("KEY_VAULT_TOKEN"),
  onError: report,
};

serve((request) => answerKeyVault(vault, request));
