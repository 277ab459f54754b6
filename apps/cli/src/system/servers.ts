import { findFreePort } from "@nofx/db/local-stack/ports";
import { join } from "node:path";
import { ensureAuditKey } from "../credentials/audit-key.ts";
import { ensureKekFile } from "../credentials/kek-file.ts";
import { logFile, root } from "../paths.ts";
import { mailEnvironment } from "../processes/mail-environment.ts";
import type { ProcessSpec } from "../processes/start-process.ts";
import type { StackAddresses } from "../stack/messages.ts";
import { NEXT_ENVIRONMENT, nextCommand } from "../web/build-web.ts";
import { PortTaken, untilHealthy, type System } from "./system.ts";

/** Starts a server on the wanted port or the next free one, and waits until it answers. Returns its address. */
async function startServer(
  system: System,
  wanted: number,
  server: { health: string; spec: (port: number) => ProcessSpec },
): Promise<string> {
  let from = wanted;
  for (;;) {
    const port = await findFreePort(from);
    const url = `http://127.0.0.1:${port}`;
    const spec = server.spec(port);
    try {
      await system.keep(spec, (signal) => untilHealthy(spec.name, url + server.health, signal));
      return url;
    } catch (error) {
      if (!(error instanceof PortTaken) || port >= wanted + 20) throw error;
      from = port + 1;
    }
  }
}

/**
 * The dashboard and the REST API. It gets the database as the web's role and no service role key. The JWT secret, with
 * which it mints short storage tokens, could sign any token: who reads the web's environment can act as anybody.
 */
export function startWeb(
  system: System,
  port: number,
  stack: StackAddresses,
  plug: { url: string; token: string },
): Promise<string> {
  return startServer(system, port, {
    health: "/api/health",
    spec: (on) => ({
      name: "web",
      script: nextCommand,
      args: ["start", "-H", "127.0.0.1", "-p", String(on)],
      cwd: join(root, "apps/web"),
      env: {
        ...NEXT_ENVIRONMENT,
        DATABASE_URL: roleUrl(stack, "nofx_web"),
        SUPABASE_URL: stack.gatewayUrl,
        SUPABASE_ANON_KEY: stack.publishableKey,
        SUPABASE_PUBLISHABLE_KEY: stack.publishableKey,
        SUPABASE_JWT_SECRET: stack.jwtSecret,
        ...mailEnvironment(process.env),
        NOFX_KEK_FILE: ensureKekFile(system.home),
        NOFX_PLUG_URL: plug.url,
        NOFX_PLUG_TOKEN: plug.token,
        ...only(FOR_THE_WEB, process.env),
      },
      log: logFile("web", system.home),
    }),
  });
}

/** The language models with their keys, and the edge functions: for the processes that call them. */
const MODELS = /^(NOFX_LLM_[A-Z0-9_]+|(KEY_VAULT|ROUTER_SELECT)_(URL|TOKEN))$/;
/** These, and flags that are forced. */
const FOR_THE_WEB = new RegExp(`^(EDGE_CONFIG|FEATURE_[A-Z_]+)$|${MODELS.source}`);

/** What a process may know of our environment. */
function only(name: RegExp, ours: NodeJS.ProcessEnv): Record<string, string> {
  return Object.fromEntries(
    Object.entries(ours).flatMap(([key, value]) =>
      value !== undefined && name.test(key) ? [[key, value]] : [],
    ),
  );
}

/** Short, so that people can watch a lease move on. Agents talk to the one worker: theirs outlast its being frozen. */
export const LEASE_SECONDS = 10;
const AGENT_LEASE_SECONDS = 30;
/** Shorter than an hour: people who look have something to verify. */
const AUDIT_DIGEST_SECONDS = 300;

/** Executes steps, seals events, and serves the agent API and the endpoint for models. */
export function startWorker(
  system: System,
  port: number,
  stack: StackAddresses,
  {
    name = "worker",
    leaseSeconds = LEASE_SECONDS,
    publicUrl,
  }: { name?: string; leaseSeconds?: number; publicUrl?: string } = {},
): Promise<string> {
  return startServer(system, port, {
    health: "/health",
    spec: (on) => ({
      name,
      script: join(root, "apps/worker/src/main.ts"),
      cwd: root,
      env: {
        DATABASE_DIRECT_URL: roleUrl(stack, "nofx_worker"),
        DATABASE_GATEWAY_URL: roleUrl(stack, "nofx_agent_gateway"),
        SUPABASE_URL: stack.gatewayUrl,
        SUPABASE_ANON_KEY: stack.publishableKey,
        SUPABASE_JWT_SECRET: stack.jwtSecret,
        ...mailEnvironment(process.env),
        ...(publicUrl === undefined ? {} : { NOFX_PUBLIC_URL: publicUrl }),
        NOFX_GATEWAY_PORT: String(on),
        NOFX_WORKER_NAME: name,
        NOFX_LOCAL: "true",
        NOFX_LEASE_SECONDS: String(leaseSeconds),
        NOFX_AGENT_LEASE_SECONDS: String(AGENT_LEASE_SECONDS),
        NOFX_WORKSPACES: join(system.home, "workspaces"),
        NOFX_WORKSPACE_ROOT: root,
        NOFX_HOME: system.home,
        NOFX_KEK_FILE: ensureKekFile(system.home),
        ...only(MODELS, process.env),
        NOFX_AUDIT_SIGNING_KEY_FILE: ensureAuditKey(system.home),
        NOFX_AUDIT_DIGEST_SECONDS: String(AUDIT_DIGEST_SECONDS),
        // Ctrl-C is answered within ten seconds: what still runs after two is given back.
        NOFX_GRACE_SECONDS: "2",
      },
      log: logFile(name, system.home),
    }),
  });
}

/** One process an agent, each with its own key and nothing else. They find the control plane when it is there. */
export async function startAgents(
  system: System,
  url: string,
  keys: Record<string, string>,
): Promise<void> {
  for (const [name, key] of Object.entries(keys)) {
    const spec = {
      name: `agent-${name}`,
      script: join(root, "examples/agents/src/main.ts"),
      cwd: root,
      env: { NOFX_URL: url, NOFX_AGENT_KEY: key },
      log: logFile(`agent-${name}`, system.home),
    };
    await system.keep(spec, async () => {});
  }
}

function roleUrl(stack: StackAddresses, role: string): string {
  const url = stack.databaseUrls[role];
  if (url === undefined) throw new Error(`the local stack has no login for ${role}`);
  return url;
}
