import { chmodSync, mkdtempSync, realpathSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startPostgres } from "@nofx/db/local-stack";
import { withClient } from "@nofx/db/testing";

export interface BenchServer {
  /** The superuser's connection to one database of the server. */
  url(database: string): string;
  /** An empty database. */
  fresh(database: string): Promise<string>;
  /** Of the postmaster, whose children the backends are. */
  readonly pid: number;
  stop(): Promise<void>;
}

/** As the peers' bench starts its own: the settings of initdb, with more connections. Durability is untouched. */
const SETTINGS = { max_connections: "300", shared_buffers: "128MB" };

/** A server of its own that is gone afterwards. */
export async function startServer(settings: Record<string, string> = {}): Promise<BenchServer> {
  const home = mkdtempSync(join(realpathSync(tmpdir()), "nofx-bench-"));
  chmodSync(home, 0o755);
  const postgres = await startPostgres({ home, port: 0, settings: { ...SETTINGS, ...settings } });
  const stop = async () => {
    await postgres.stop();
    rmSync(home, { recursive: true, force: true });
  };
  for (const signal of ["SIGINT", "SIGTERM"] as const) {
    process.once(signal, () => {
      void stop().finally(() => process.exit(1));
    });
  }
  const { name, password } = postgres.superuser;
  const url = (database: string) =>
    `postgres://${name}:${password}@127.0.0.1:${postgres.port}/${database}`;
  const pid = await withClient(url("postgres"), async (client) => {
    const { rows } = await client.query<{ file: string }>(
      "select pg_read_file('postmaster.pid') as file",
    );
    return Number(rows[0]?.file.split("\n", 1)[0]);
  });
  return {
    url,
    pid,
    async fresh(database) {
      await withClient(url("postgres"), async (client) => {
        await client.query(`drop database if exists ${database} with (force)`);
        await client.query(`create database ${database}`);
      });
      return url(database);
    },
    stop,
  };
}
