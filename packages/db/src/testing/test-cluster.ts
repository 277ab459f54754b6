import {
  chmodSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  realpathSync,
  rmSync,
  statfsSync,
} from "node:fs";
import os from "node:os";
import path from "node:path";
import { readClusterFile } from "../local-stack/postgres/cluster-file.ts";
import { startPostgres } from "../local-stack/postgres/index.ts";
import { clearPostmaster } from "../local-stack/postgres/postmaster.ts";
import { isRunning } from "../local-stack/postgres/process-identity.ts";

const PREFIX = "nofx-test-";

/** A throw-away server: nothing in it is worth a sync to disk. */
const SETTINGS = {
  fsync: "off",
  synchronous_commit: "off",
  full_page_writes: "off",
  shared_buffers: "128MB",
  max_connections: "300",
  autovacuum: "off",
  max_wal_size: "256MB",
};

/** A file system in memory. Seven hundred files make a database: there they are copied in a twentieth of the time. */
const MEMORY = "/dev/shm";
const ENOUGH_BYTES = 2 * 1024 ** 3;

export type TestCluster = { adminUrl: string; stop(): Promise<void> };

/** Starts a server of its own for one test run, and clears away those of runs that were killed. */
export async function startTestCluster(): Promise<TestCluster> {
  const disk = realpathSync(os.tmpdir());
  await removeDeadClusters(disk);
  if (!existsSync(MEMORY)) return startIn(disk);
  await removeDeadClusters(MEMORY);
  const { bavail, bsize } = statfsSync(MEMORY);
  if (bavail * bsize < ENOUGH_BYTES) return startIn(disk);
  // A container may let nobody write there, or run what is there.
  return startIn(MEMORY).catch(() => startIn(disk));
}

async function startIn(parent: string): Promise<TestCluster> {
  const home = mkdtempSync(path.join(parent, PREFIX));
  try {
    chmodSync(home, 0o755);
    const postgres = await startPostgres({ home, port: 0, settings: SETTINGS });
    const { name, password } = postgres.superuser;
    return {
      adminUrl: `postgres://${name}:${password}@127.0.0.1:${postgres.port}/postgres`,
      stop: async () => {
        await postgres.stop();
        rmSync(home, { recursive: true, force: true });
      },
    };
  } catch (error) {
    rmSync(home, { recursive: true, force: true });
    throw error;
  }
}

async function removeDeadClusters(parent: string): Promise<void> {
  for (const name of readdirSync(parent).filter((entry) => entry.startsWith(PREFIX))) {
    const home = path.join(parent, name);
    try {
      const { owner, place } = readClusterFile(home);
      if (!owner || !place || isRunning(owner)) continue;
      await clearPostmaster(path.join(place, "data"));
      rmSync(home, { recursive: true, force: true });
    } catch {
      // Somebody else's, or being made or removed right now.
    }
  }
}
