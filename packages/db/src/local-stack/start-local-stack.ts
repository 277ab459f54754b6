import { mkdirSync, realpathSync } from "node:fs";
import path from "node:path";
import pg from "pg";
import { MigrationError, migrate } from "../migrate/index.ts";
import { bootstrapDatabase, localPassword, setLocalPasswords } from "./bootstrap/index.ts";
import { withExplainedErrors } from "./explain-system-error.ts";
import { readOrMakeKeys, startGateway } from "./gateway/index.ts";
import type { Keys } from "./gateway/index.ts";
import { LocalStackError } from "./local-stack-error.ts";
import { startPostgres } from "./postgres/index.ts";
import type { RunningPostgres } from "./postgres/index.ts";

/** The parts of the stack in the order they start. */
export type StackPart = "postgres" | "bootstrap" | "migrations" | "gateway";

export type StackProgress = { part: StackPart; state: "started" | "done"; detail?: string };

export type LocalStackOptions = {
  /** The state folder, `.nofx` in the clone: data, files, keys. */
  home: string;
  /** Each moves to the next free one when busy. */
  ports?: { postgres?: number; gateway?: number };
  /** The dashboard's address, for links that Auth makes. */
  siteUrl?: string;
  onProgress?: (progress: StackProgress) => void;
  log?: (line: string) => void;
};

export type LocalStack = {
  /** A connection string for each role that may log in, by the role's name: `postgres`, `nofx_web`, `nofx_worker`, ... */
  databaseUrls: Record<string, string>;
  gatewayUrl: string;
  publishableKey: string;
  secretKey: string;
  jwtSecret: string;
  /** Stops everything, the last part first. Calling it twice is harmless. */
  stop(): Promise<void>;
};

const DATABASE = "postgres";

/** Starts what hosted Supabase is in production, on this machine: Postgres with our schema, and the API in front of it. */
export function startLocalStack(options: LocalStackOptions): Promise<LocalStack> {
  return withExplainedErrors(options.home, () => start(options));
}

async function start(options: LocalStackOptions): Promise<LocalStack> {
  const log = options.log ?? (() => {});
  const started: (() => Promise<void>)[] = [];
  let stopping: Promise<void> | undefined;
  const stop = () =>
    (stopping ??= (async () => {
      for (const stopPart of started.reverse()) await stopPart();
    })());
  const part = async <T>(
    name: StackPart,
    work: () => Promise<T>,
    detail: (result: T) => string,
  ): Promise<T> => {
    options.onProgress?.({ part: name, state: "started" });
    const result = await work();
    options.onProgress?.({ part: name, state: "done", detail: detail(result) });
    return result;
  };

  mkdirSync(options.home, { recursive: true, mode: 0o755 });
  const home = realpathSync(options.home);
  const keys = readOrMakeKeys(home);
  try {
    const postgres = await part(
      "postgres",
      () => startPostgres({ home, log, ...portOption(options.ports?.postgres) }),
      ({ port }) => `port ${port}`,
    );
    started.push(() => postgres.stop());
    await part(
      "bootstrap",
      () => asSuperuser(postgres, bootstrapAndSetPasswords(keys)),
      () => "",
    );
    await part("migrations", () => applyMigrations(postgres, keys), describeApplied);
    const roles = await asSuperuser(postgres, (client) =>
      setLocalPasswords(client, keys.databaseSecret),
    );
    const databaseUrls = Object.fromEntries(
      roles.map((role) => [role, urlOf(postgres, keys, role)]),
    );
    const gateway = await part(
      "gateway",
      () =>
        startGateway({
          databaseUrl: urlOf(postgres, keys, "nofx_gateway"),
          catalogUrl: urlOf(postgres, keys, "postgres"),
          keys,
          storageFolder: path.join(home, "storage"),
          siteUrl: options.siteUrl ?? "http://127.0.0.1:3000",
          log,
          ...portOption(options.ports?.gateway),
        }),
      ({ url }) => url,
    );
    started.push(() => gateway.stop());
    const { publishableKey, secretKey, jwtSecret } = keys;
    return { databaseUrls, gatewayUrl: gateway.url, publishableKey, secretKey, jwtSecret, stop };
  } catch (error) {
    await stop().catch(() => {});
    throw error;
  }
}

function portOption(port: number | undefined): { port?: number } {
  return port === undefined ? {} : { port };
}

function urlOf(postgres: RunningPostgres, keys: Keys, role: string): string {
  return `postgres://${role}:${localPassword(role, keys.databaseSecret)}@127.0.0.1:${postgres.port}/${DATABASE}`;
}

async function asSuperuser<T>(
  postgres: RunningPostgres,
  work: (client: pg.Client) => Promise<T>,
): Promise<T> {
  const { name, password } = postgres.superuser;
  const client = new pg.Client({
    host: "127.0.0.1",
    port: postgres.port,
    user: name,
    password,
    database: DATABASE,
  });
  await client.connect();
  try {
    return await work(client);
  } finally {
    await client.end();
  }
}

function bootstrapAndSetPasswords(keys: Keys) {
  return async (client: pg.Client) => {
    await bootstrapDatabase(client);
    await setLocalPasswords(client, keys.databaseSecret);
  };
}

async function applyMigrations(postgres: RunningPostgres, keys: Keys): Promise<string[]> {
  try {
    const { applied } = await migrate({ connectionString: urlOf(postgres, keys, "postgres") });
    return applied;
  } catch (cause) {
    if (!(cause instanceof MigrationError)) throw cause;
    throw new LocalStackError(
      "migration_failed",
      `The database could not be migrated: ${cause.message}`,
      { cause },
    );
  }
}

function describeApplied(applied: string[]): string {
  return applied.length === 0 ? "up to date" : `${applied.length} applied`;
}
