import { answerRouterSelect } from "@nofx/control/edge/router-select";
import { CompatibleProviders } from "@nofx/control/model-router/registry";
import { createRouting } from "@nofx/control/routing/routing";
import { system } from "@nofx/control/seams";
import { createDatabase, createPool } from "@nofx/db/client";
import type { DB } from "@nofx/db/types";
import { createHash } from "node:crypto";
import process from "node:process";
import { needed, report, serve, token } from "../shared/serve.ts";

// Chooses models for our own processes and for agents: the second door to the decision that is taken in-process. docs/router.md

const pool = createPool({
  connectionString: needed("DATABASE_URL"),
  applicationName: "router-select",
  max: 4,
});
const db = createDatabase<DB>(pool);
const { clock } = system;
const sha256 = (text: string) => createHash("sha256").update(text).digest("hex");
const configured = CompatibleProviders.parse(process.env["NOFX_LLM_PROVIDERS"] ?? "[]");

const router = {
  sha256,
  routing: createRouting({ db, clock, sha256, configured }),
  token: token("ROUTER_SELECT_TOKEN"),
  onError: report,
  tenantOfAgent: async (keyDigest: string) => {
    const { rows } = await pool.query<{ tenant_id: string }>(
      `select tenant_id from app.agent_by_key($1) a
       where 'models:call' = any (a.scopes) and (a.status <> 'quarantined' or a.status_by = 'breaker')`,
      [keyDigest],
    );
    return rows[0]?.tenant_id;
  },
};

serve((request) => answerRouterSelect(router, request));
