import { chmodSync, mkdtempSync, readFileSync, realpathSync, rmSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { createPool } from "@nofx/db/client";
import { startPostgres, type RunningPostgres } from "@nofx/db/local-stack";
import { identifyProcess } from "@nofx/db/local-stack/process-identity";
import { createTestDatabase, until, type TestDatabase } from "@nofx/db/testing";

/** Durable as in production, small as on a laptop. */
const SETTINGS = { shared_buffers: "128MB", max_connections: "300" };

/** The prefix under which the next test run clears away what a killed one left behind. */
const PREFIX = "nofx-test-";

export interface ChaosDatabase {
  readonly home: string;
  readonly port: number;
  /** Straight to the server, past the proxy. */
  url(role: string): string;
  /** As the schema's owner; asks again until the server is there. */
  ask<T = Record<string, unknown>>(text: string, values?: readonly unknown[]): Promise<T[]>;
  /** As the superuser, once. */
  asSuperuser<T = Record<string, unknown>>(text: string, values?: readonly unknown[]): Promise<T[]>;
  /** The errors in the server's log, without time and place. */
  errors(): string[];
  /** Ends every server process in mid-work and starts the server again: it recovers from its log. */
  restart(): Promise<void>;
  stop(): Promise<void>;
}

/** A server of its own in a folder of its own, with everything migrated. */
export async function startDatabase(): Promise<ChaosDatabase> {
  const home = mkdtempSync(path.join(realpathSync(os.tmpdir()), PREFIX));
  chmodSync(home, 0o755);
  let postgres = await startPostgres({ home, port: 0, settings: SETTINGS });
  const { port, superuser } = postgres;
  const server = `postgres://${superuser.name}:${superuser.password}@127.0.0.1:${port}/postgres`;
  const database: TestDatabase = await createTestDatabase({ server });
  const owner = createPool({
    connectionString: database.url("postgres"),
    applicationName: "chaos",
    max: 6,
  });
  const admin = createPool({
    connectionString: database.adminUrl,
    applicationName: "chaos admin",
    max: 2,
  });
  return {
    home,
    port,
    url: (role) => database.url(role),
    async ask<T>(text: string, values: readonly unknown[] = []) {
      for (let tries = 0; ; tries += 1) {
        try {
          return (await owner.query(text, [...values])).rows as T[];
        } catch (error) {
          if (!isAway(error) || tries > 200) throw error;
          await delay(100);
        }
      }
    },
    async asSuperuser<T>(text: string, values: readonly unknown[] = []) {
      return (await admin.query(text, [...values])).rows as T[];
    },
    errors() {
      const log = readFileSync(path.join(postgres.dataDir, "..", "postgres.log"), "utf8");
      return [...log.matchAll(/(?:ERROR|FATAL|PANIC): .*/g)].map(([line]) => line);
    },
    async restart() {
      await endAtOnce(postgres);
      await postgres.stop();
      postgres = await startPostgres({ home, port, settings: SETTINGS });
      if (postgres.port !== port) throw new Error(`somebody took port ${port}`);
    },
    async stop() {
      await Promise.all([owner.end(), admin.end()]);
      await postgres.stop();
      rmSync(home, { recursive: true, force: true });
    },
  };
}

/** What `pg_ctl stop -m immediate` does. */
async function endAtOnce({ dataDir }: RunningPostgres): Promise<void> {
  const [pid] = readFileSync(path.join(dataDir, "postmaster.pid"), "utf8").split("\n");
  process.kill(Number(pid), "SIGQUIT");
  await until("the server has ended", () => identifyProcess(Number(pid)) === undefined);
}

function isAway(error: unknown): boolean {
  const { code, message } = error as { code?: string; message: string };
  return (
    /^(57P0|08)/.test(code ?? "") || /ECONN|EPIPE|terminated|timeout/.test(`${code} ${message}`)
  );
}
