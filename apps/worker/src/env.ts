import { hostname } from "node:os";
import { CompatibleProviders } from "@nofx/control/model-router";
import { EdgeEnv, TokenEnv } from "@nofx/control/command";
import { z } from "zod";
import { RoutingEnv } from "./routing-env.ts";
import packageJson from "../package.json" with { type: "json" };

const seconds = (otherwise: number) => z.coerce.number().positive().max(86_400).default(otherwise);

const isRedisUrl = (text: string) =>
  URL.canParse(text) && ["redis:", "rediss:"].includes(new URL(text).protocol);

/** What a worker is told; parsed once, at its start. */
export const WorkerEnv = z
  .object({
    DATABASE_DIRECT_URL: z.string().min(1),
    DATABASE_GATEWAY_URL: z.string().min(1),
    /** How workers learn what to claim: Postgres alone, or hints in Redis besides. */
    QUEUE_DRIVER: z.enum(["postgres", "bullmq"]).default("postgres"),
    /** Asked for nothing and read by nobody unless QUEUE_DRIVER is bullmq. */
    REDIS_URL: z.string().default("redis://127.0.0.1:6379"),
    SUPABASE_URL: z.url(),
    SUPABASE_ANON_KEY: z.string().min(1),
    SUPABASE_JWT_SECRET: z.string().min(1),
    /** Where this process runs; sessions and their trees note it. */
    NOFX_REGION: z
      .string()
      .regex(/^[a-z0-9][a-z0-9-]{0,63}$/, "use a name like eu-central-1")
      .optional(),
    /** Where the agent API, /health and /metrics listen. */
    NOFX_GATEWAY_HOST: z.string().default("127.0.0.1"),
    NOFX_GATEWAY_PORT: z.coerce.number().int().min(0).max(65_535).default(8790),
    /** Each run gets a folder of its own in here. */
    NOFX_WORKSPACES: z.string().min(1),
    /** What runs may copy their workspace from lies in here. */
    NOFX_WORKSPACE_ROOT: z.string().min(1),
    /** The folder of a local stack's state and keys, where there is one: no workspace is copied from it. */
    NOFX_HOME: z.string().min(1).optional(),
    /** Of this worker's code: kept with each attempt, shown beside its name. */
    NOFX_WORKER_VERSION: z
      .string()
      .regex(/^[A-Za-z0-9][A-Za-z0-9._+-]{0,99}$/)
      .default(packageJson.version),
    NOFX_WORKER_NAME: z
      .string()
      .regex(/^[A-Za-z0-9][A-Za-z0-9._:@/-]{0,199}$/)
      .default(`${hostname()}:${process.pid}`),
    /** What http steps and webhooks may reach although it is not public: host:port pairs with commas between. */
    NOFX_HTTP_ALLOW: z.string().default(""),
    /** Where the dashboard is, for the links of what people are told; none without it. */
    NOFX_PUBLIC_URL: z
      .url({ protocol: /^https?$/ })
      .transform((url) => url.replace(/\/+$/, ""))
      .optional(),
    /** Where agents that are functions find the agent API; the dashboard's own, or else this worker's, unless said otherwise. */
    NOFX_AGENT_URL: z
      .url({ protocol: /^https?$/ })
      .transform((url) => url.replace(/\/+$/, ""))
      .optional(),
    /** The server that mails go through, `smtp://user:password@host:587` or `smtps://`. Without it none are sent. */
    NOFX_SMTP_URL: z.url({ protocol: /^smtps?$/ }).optional(),
    /** Who mails come from: `NOFX <nofx@example.org>`. */
    NOFX_MAIL_FROM: z.string().min(3).max(320).optional(),
    /** Providers of language models that speak OpenAI's protocol, as a JSON list: docs/models.md. */
    NOFX_LLM_PROVIDERS: CompatibleProviders.optional(),
    /** How long a failing provider is left alone until it is tried again. */
    NOFX_PROBE_SECONDS: z.coerce.number().min(0.1).max(3_600).optional(),
    NOFX_CONCURRENCY: z.coerce.number().int().min(1).max(1_000).default(4),
    ...RoutingEnv,
    /** A second at least: a shorter one would run out while the database answers. */
    NOFX_LEASE_SECONDS: z.coerce.number().min(1).max(86_400).default(30),
    /** For steps that agents hold; as long as the worker's own unless said otherwise. */
    NOFX_AGENT_LEASE_SECONDS: z.coerce.number().positive().max(86_400).optional(),
    /** How long a claimable step may wait for a worker that has code for it, before it fails. */
    NOFX_STRAND_SECONDS: seconds(900),
    /** What audit digests are signed with: a private Ed25519 key as PEM, or the file that holds it. Without one nothing is signed. */
    NOFX_AUDIT_SIGNING_KEY: z.string().optional(),
    NOFX_AUDIT_SIGNING_KEY_FILE: z.string().optional(),
    /** What opens the vault for calls of models, and the file that holds it: docs/vault.md. */
    NOFX_KEK: z.string().optional(),
    NOFX_KEK_FILE: z.string().optional(),
    ...EdgeEnv,
    /** What tokens of agents are signed with: docs/agents.md. */
    ...TokenEnv,
    /** How often a digest is signed. */
    NOFX_AUDIT_DIGEST_SECONDS: z.coerce.number().int().min(1).max(86_400).default(3_600),
    /** Set by the local stack's supervisor: this worker may be frozen for a demonstration. */
    NOFX_LOCAL: z.stringbool().default(false),
    /** How long running steps may go on after the first signal to stop. */
    NOFX_GRACE_SECONDS: z.coerce.number().min(0).max(3_600).default(10),
  })
  .refine(({ QUEUE_DRIVER, REDIS_URL }) => QUEUE_DRIVER !== "bullmq" || isRedisUrl(REDIS_URL), {
    path: ["REDIS_URL"],
    message: "not a URL of Redis: redis://host:port, or rediss:// for TLS",
  })
  .refine((env) => (env.NOFX_SMTP_URL === undefined) === (env.NOFX_MAIL_FROM === undefined), {
    path: ["NOFX_MAIL_FROM"],
    message: "mails need both NOFX_SMTP_URL and NOFX_MAIL_FROM",
  })
  .refine((env) => env.NOFX_TENANTS === undefined || env.NOFX_SHARD === undefined, {
    path: ["NOFX_SHARD"],
    message: "use NOFX_TENANTS or NOFX_SHARD, not both",
  });
export type WorkerEnv = z.infer<typeof WorkerEnv>;

/** Throws an error that names every variable that is missing or wrong. */
export function readEnv(env: NodeJS.ProcessEnv): WorkerEnv {
  const parsed = WorkerEnv.safeParse(env);
  if (parsed.success) return parsed.data;
  const wrong = parsed.error.issues.map((issue) => `${issue.path.join(".")}: ${issue.message}`);
  throw new Error(`The worker's environment is not complete.\n  ${wrong.join("\n  ")}`);
}
