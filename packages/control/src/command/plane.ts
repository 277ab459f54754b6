import { createHash } from "node:crypto";
import type { Clock, Random } from "@nofx/core/seams";
import { createDatabase, createPool } from "@nofx/db/client";
import type { DB } from "@nofx/db/types";
import type { Kysely } from "kysely";
import type { Pool } from "pg";
import { z } from "zod";
import { createAgentTokens, type AgentTokens } from "../agents/agent-tokens.ts";
import { TokenEnv } from "../agents/token-keys.ts";
import { EdgeEnv } from "../edge/edge-env.ts";
import { createRemoteRouter } from "../edge/remote-router.ts";
import { createRemoteVault } from "../edge/remote-vault.ts";
import { flagReaderOf, type FlagReader } from "../flags/flag-reader.ts";
import {
  CompatibleProviders,
  createModelRegistry,
  type ModelRegistry,
} from "../model-router/registry.ts";
import {
  createProviderNetwork,
  type ProviderNetwork,
} from "../model-router/providers/provider-network.ts";
import { parseAllowedHosts, type AllowedHosts } from "../net/allowed-hosts.ts";
import { system } from "../seams/system.ts";
import { keksOf } from "../vault/keks-of.ts";
import type { KeyEncryptionKeys, RemoteVault } from "../vault/vault.ts";
import type { RemoteRouter } from "../routing/routing-deps.ts";
import { createRouting, type Routing } from "../routing/routing.ts";
import { createStorage, type Storage } from "../storage/storage.ts";
import { createRinger } from "../steps/ringer.ts";
import { createPlug, type Plug } from "../workers/plug.ts";

/** What a process needs to be part of the control plane; parsed once at its start. */
export const PlaneEnv = z.object({
  DATABASE_URL: z.string().min(1),
  SUPABASE_URL: z.url(),
  SUPABASE_ANON_KEY: z.string().min(1),
  SUPABASE_JWT_SECRET: z.string().min(1),
  /** What may be called although it is not public: host:port pairs with commas between. */
  NOFX_HTTP_ALLOW: z.string().optional(),
  /** The workers' mail server and sender: here only whether there are any. */
  NOFX_SMTP_URL: z.string().optional(),
  NOFX_MAIL_FROM: z.string().optional(),
  /** Where the local stack's supervisor listens, and what opens it. */
  NOFX_PLUG_URL: z.url().optional(),
  NOFX_PLUG_TOKEN: z.string().min(16).optional(),
  /** Providers of language models that speak OpenAI's protocol, as a JSON list: docs/models.md. */
  NOFX_LLM_PROVIDERS: CompatibleProviders.optional(),
  /** How long a failing provider is left alone until it is tried again. */
  NOFX_PROBE_SECONDS: z.coerce.number().min(0.1).max(3_600).optional(),
  /** What opens the vault, `1:<32 bytes as base64url>,2:…`, or the file that holds it: docs/vault.md. */
  NOFX_KEK: z.string().optional(),
  NOFX_KEK_FILE: z.string().optional(),
  ...EdgeEnv,
  ...TokenEnv,
  /** A Vercel Edge Config that keeps copies of flags. */
  EDGE_CONFIG: z.string().min(1).optional(),
  /** on or off for every tenant of this process, whatever they have switched. */
  FEATURE_AUTO_PLANNER: z.string().optional(),
  FEATURE_PLANNER_EXECUTE: z.string().optional(),
});
export type PlaneEnv = z.infer<typeof PlaneEnv>;

/** The outside of every command: database, storage, clock, randomness, ids and hash. Made once a process. */
export interface Plane {
  readonly pool: Pool;
  readonly db: Kysely<DB>;
  readonly storage: Storage;
  readonly clock: Clock;
  readonly random: Random;
  readonly now: () => Date;
  /** uuid v7: ids made later sort later, which lists rely on. */
  readonly newUuid: () => string;
  readonly sha256: (text: string) => string;
  /** What may be called although it is not public. */
  readonly allowedHosts: AllowedHosts;
  /** Whether an operator configured a mail server. */
  readonly mail: boolean;
  readonly flags: FlagReader;
  /** The language models that this process can ask. */
  readonly models: ModelRegistry;
  /** How this process reaches the providers of models. */
  readonly providerNetwork: ProviderNetwork;
  /** What this process knows of models, policies and their health. */
  readonly routing: Routing;
  /** Short-lived tokens that agents exchange their keys for. */
  readonly agentTokens: AgentTokens;
  /** What opens the vault; undefined where this process was given nothing. */
  readonly keks: KeyEncryptionKeys | undefined;
  /** The edge functions that open keys and choose routes for this process, where there are any. */
  readonly keyVault?: RemoteVault | undefined;
  readonly routerSelect?: RemoteRouter | undefined;
  /** Wakes whoever executes steps, soon; nobody waits for it. */
  readonly ring: () => void;
  /** Only where the local stack runs the workers. */
  readonly plug?: Plug | undefined;
  close(): Promise<void>;
}

export function createPlane(
  env: PlaneEnv,
  options: { applicationName: string; max?: number },
): Plane {
  const pool = createPool({ connectionString: env.DATABASE_URL, ...options });
  const { clock, random, newUuid } = system;
  const allowedHosts = parseAllowedHosts(env.NOFX_HTTP_ALLOW ?? "");
  const providerNetwork = createProviderNetwork({ allowed: allowedHosts, now: clock.date });
  const db = createDatabase<DB>(pool);
  const sha256 = (text: string) => createHash("sha256").update(text).digest("hex");
  const routing = createRouting({
    db,
    clock,
    sha256,
    configured: env.NOFX_LLM_PROVIDERS ?? [],
    ...(env.NOFX_PROBE_SECONDS !== undefined && {
      options: { probeIntervalMs: env.NOFX_PROBE_SECONDS * 1_000 },
    }),
  });
  return {
    pool,
    db,
    storage: createStorage({
      url: env.SUPABASE_URL,
      key: env.SUPABASE_ANON_KEY,
      jwtSecret: env.SUPABASE_JWT_SECRET,
      now: clock.date,
    }),
    clock,
    random,
    newUuid,
    now: clock.date,
    sha256,
    ring: createRinger(pool, clock),
    allowedHosts,
    mail: Boolean(env.NOFX_SMTP_URL) && Boolean(env.NOFX_MAIL_FROM),
    flags: flagReaderOf(clock, env),
    models: createModelRegistry({
      clock,
      providers: env.NOFX_LLM_PROVIDERS ?? [],
      readKey: (name) => process.env[name],
    }),
    providerNetwork,
    routing,
    agentTokens: createAgentTokens({ clock, sha256, env }),
    keks: keksOf(env),
    ...edgeOf(clock, env),
    plug: plugOf(env),
    close: async () => {
      // what was seen of health is written while there is a database
      await routing.close().catch(() => undefined);
      await Promise.all([pool.end(), providerNetwork.close()]);
    },
  };
}

function edgeOf(clock: Clock, env: PlaneEnv): Pick<Plane, "keyVault" | "routerSelect"> {
  const vault = addressOf("KEY_VAULT", env.KEY_VAULT_URL, env.KEY_VAULT_TOKEN);
  const router = addressOf("ROUTER_SELECT", env.ROUTER_SELECT_URL, env.ROUTER_SELECT_TOKEN);
  return {
    ...(vault && { keyVault: createRemoteVault(clock, vault) }),
    ...(router && { routerSelect: createRemoteRouter(clock, router) }),
  };
}

function addressOf(name: string, url: string | undefined, token: string | undefined) {
  if (url === undefined) return undefined;
  if (token !== undefined) return { url, token };
  throw new Error(`${name}_URL needs ${name}_TOKEN, what the function lets its callers in by.`);
}

function plugOf({ NOFX_PLUG_URL: url, NOFX_PLUG_TOKEN: token }: PlaneEnv): Plug | undefined {
  return url === undefined || token === undefined ? undefined : createPlug({ url, token });
}
