import { spawn, type ChildProcess } from "node:child_process";
import { createHash, randomBytes } from "node:crypto";
import { mkdtempSync, realpathSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { seedAgent, seedTenant, withClient } from "@nofx/db/testing";
import pg from "pg";
import type { BenchDatabase } from "../lib/database.ts";

const MAIN = join(import.meta.dirname, "../../apps/worker/src/main.ts");

/** A worker process as in production, idle but for its gateway; the provider's key is the operator's. */
export async function startGateway(
  database: BenchDatabase,
  providerPort: number,
  more: Readonly<Record<string, string>> = {},
): Promise<{ child: ChildProcess; port: number }> {
  const folder = mkdtempSync(join(realpathSync(tmpdir()), "nofx-bench-gateway-"));
  const child = spawn(process.execPath, [MAIN], {
    stdio: ["ignore", "pipe", "inherit"],
    env: {
      PATH: process.env["PATH"] ?? "",
      NODE_ENV: "production",
      DATABASE_DIRECT_URL: database.url("nofx_worker"),
      DATABASE_GATEWAY_URL: database.url("nofx_agent_gateway"),
      SUPABASE_URL: "http://127.0.0.1:9",
      SUPABASE_ANON_KEY: "none",
      SUPABASE_JWT_SECRET: "none",
      NOFX_GATEWAY_PORT: "0",
      NOFX_WORKSPACES: join(folder, "workspaces"),
      NOFX_WORKSPACE_ROOT: folder,
      NOFX_HTTP_ALLOW: `127.0.0.1:${providerPort}`,
      NOFX_LLM_PROVIDERS: JSON.stringify([
        {
          name: "bench",
          baseUrl: `http://127.0.0.1:${providerPort}/v1`,
          apiKeyEnv: "NOFX_LLM_KEY_BENCH",
          models: ["m"],
        },
      ]),
      NOFX_LLM_KEY_BENCH: "sk-bench-0123456789",
      ...more,
    },
  });
  const lines = createInterface({ input: child.stdout });
  for await (const line of lines) {
    const told = JSON.parse(line) as { msg?: string; gateway?: string };
    if (told.msg === "ready" && told.gateway !== undefined) {
      lines.close();
      child.stdout.resume();
      return { child, port: Number(new URL(told.gateway).port) };
    }
  }
  throw new Error("The worker ended before it was ready.");
}

/** A tenant with a price for the model, an agent, and so many budgets that each call is reserved in; answers the agent's key. */
export async function seedCaller(database: BenchDatabase, budgets: boolean): Promise<string> {
  const pool = new pg.Pool({ connectionString: database.adminUrl, max: 1 });
  try {
    const { id } = await seedTenant(pool);
    const key = `nofx_ak_${randomBytes(32).toString("base64url")}`;
    const keySha256 = createHash("sha256").update(key).digest("hex");
    await seedAgent(pool, id, { capabilities: [], keySha256 });
    await pool.query(
      `insert into llm_models (tenant_id, provider, name, title, capabilities) values ($1, 'bench', 'm', 'm', '{text,streaming}')`,
      [id],
    );
    await pool.query(
      `insert into llm_prices (tenant_id, provider, model, effective_from, input, output, source)
       values ($1, 'bench', 'm', '2020-01-01', 1000000, 2000000, 'bench')`,
      [id],
    );
    await pool.query(
      `insert into tenant_settings (tenant_id, key, value) values ($1, 'model_endpoint', '{"requestsPerMinute": 1000000}')`,
      [id],
    );
    if (budgets) {
      for (const [name, scope, measure, window] of [
        ["of-the-day", "tenant", "usd", "day"],
        ["of-agents", "agent", "usd", "day"],
        ["of-the-model", "model", "tokens", "total"],
      ]) {
        await pool.query(
          `insert into budgets (tenant_id, name, scope, measure, kind, "window", "limit", outcome, created_by, changed_by)
           values ($1, $2, $3, $4, 'cap', $5, 1000000000000000000, 'stop', $1, $1)`,
          [id, name, scope, measure, window],
        );
      }
    }
    return key;
  } finally {
    await pool.end();
  }
}

/** How many rows were written, and that they say what was paid: a gateway that forgets its books would be fast. */
export function countCalls(database: BenchDatabase): Promise<number> {
  return withClient(database.adminUrl, async (client) => {
    const { rows } = await client.query<{ calls: number }>(
      "select count(*)::integer as calls from model_calls where status = 'succeeded' and cost_pico = 100000000",
    );
    return rows[0]?.calls ?? 0;
  });
}
