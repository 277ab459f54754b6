import { readdirSync, readFileSync } from "node:fs";
import { withClient } from "@nofx/db/testing";

const TICK_US = 10_000;

/** What a server and this process have used so far; take two and subtract. */
export interface Usage {
  /** Of backends that serve a connection, in CPU microseconds. */
  readonly backendUs: number;
  /** Of the server's own processes: checkpointer, WAL writer, autovacuum. */
  readonly serverUs: number;
  readonly nodeUs: number;
  readonly commits: number;
  readonly walBytes: number;
}

export async function usageOf(adminUrl: string, postmaster: number): Promise<Usage> {
  const { user, system } = process.cpuUsage();
  const name = new URL(adminUrl).pathname.slice(1);
  const [row] = await withClient(adminUrl, async (client) => {
    await client.query("select pg_stat_force_next_flush()");
    const { rows } = await client.query<{ commits: number; wal: number }>(
      `select xact_commit::float as commits, pg_wal_lsn_diff(pg_current_wal_lsn(), '0/0')::float as wal
       from pg_stat_database where datname = $1`,
      [name],
    );
    return rows;
  });
  return {
    ...cpuOfServer(postmaster),
    nodeUs: user + system,
    commits: row?.commits ?? 0,
    walBytes: row?.wal ?? 0,
  };
}

export function subtract(after: Usage, before: Usage): Usage {
  return {
    backendUs: after.backendUs - before.backendUs,
    serverUs: after.serverUs - before.serverUs,
    nodeUs: after.nodeUs - before.nodeUs,
    commits: after.commits - before.commits,
    walBytes: after.walBytes - before.walBytes,
  };
}

function cpuOfServer(postmaster: number): { backendUs: number; serverUs: number } {
  let backendUs = 0;
  let serverUs = 0;
  for (const pid of readdirSync("/proc").filter((name) => /^\d+$/.test(name))) {
    try {
      const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
      const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
      if (Number(fields[1]) !== postmaster) continue;
      const us = (Number(fields[11]) + Number(fields[12])) * TICK_US;
      // a backend's title ends with its client's address and what it does
      if (readFileSync(`/proc/${pid}/cmdline`, "utf8").includes("127.0.0.1(")) backendUs += us;
      else serverUs += us;
    } catch {
      // It has ended meanwhile.
    }
  }
  return { backendUs, serverUs };
}
