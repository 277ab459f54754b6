import { spawn } from "node:child_process";
import {
  chmodSync,
  chownSync,
  closeSync,
  existsSync,
  mkdirSync,
  openSync,
  readFileSync,
  realpathSync,
  statSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import path from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { withExplainedErrors } from "../explain-system-error.ts";
import { findFreePort } from "../find-free-port.ts";
import { LocalStackError } from "../local-stack-error.ts";
import { locateNativeFolder } from "./binaries.ts";
import { readClusterFile, writeClusterFile } from "./cluster-file.ts";
import { explainFailure } from "./explain-failure.ts";
import { SUPERUSER, initialiseCluster } from "./initialise.ts";
import { choosePlace, provideBinaries } from "./place.ts";
import { clearPostmaster, readPostmaster, stopPostmaster } from "./postmaster.ts";
import { identifyProcess, isRunning } from "./process-identity.ts";
import { serverEnvironment } from "./server-environment.ts";
import { chooseServerUser } from "./server-user.ts";
import type { ServerUser } from "./server-user.ts";

export type PostgresOptions = {
  /** The state folder; the cluster lives in `<home>/postgres` unless the server's user cannot get there. */
  home: string;
  /** Moves to the next free one when busy; 0 takes any. */
  port?: number;
  /** Server settings that override the defaults below. */
  settings?: Record<string, string>;
  log?: (line: string) => void;
};

export type RunningPostgres = {
  port: number;
  dataDir: string;
  superuser: { name: string; password: string };
  stop(): Promise<void>;
};

/** Durable like production (fsync and synchronous_commit stay on), sized for a laptop. */
const SETTINGS: Record<string, string> = {
  listen_addresses: "127.0.0.1",
  unix_socket_directories: "",
  max_connections: "200",
  shared_buffers: "256MB",
  log_min_messages: "warning",
  log_line_prefix: "%m [%p] %u@%d ",
  idle_in_transaction_session_timeout: "5min",
};

const LOG_LIMIT = 10 * 1024 * 1024;

/** Starts the cluster of `home`, making it first where there is none; what a crash left behind is put right. */
export function startPostgres(options: PostgresOptions): Promise<RunningPostgres> {
  return withExplainedErrors(options.home, () => start(options));
}

async function start(options: PostgresOptions): Promise<RunningPostgres> {
  mkdirSync(options.home, { recursive: true, mode: 0o755 });
  const home = realpathSync(options.home);
  const log = options.log ?? (() => {});
  const file = readClusterFile(home);
  const guess = path.join(file.place ?? path.join(home, "postgres"), "data");
  if (
    file.owner &&
    file.owner.pid !== process.pid &&
    isRunning(file.owner) &&
    readPostmaster(guess)?.alive
  ) {
    throw new LocalStackError(
      "already_running",
      `The local stack of ${home} is already running (process ${file.owner.pid}); stop that one first, or use it.`,
    );
  }

  const user = chooseServerUser(guess);
  const place = file.place ?? choosePlace(home, user);
  const owner = identifyProcess(process.pid);
  writeClusterFile(home, { ...file, place, ...(owner && { owner }) });
  mkdirSync(place, { recursive: true });
  // Whatever the umask of the shell we were started from, the server's user must get through.
  if (user) chmodSync(place, 0o755);
  const dataDir = path.join(place, "data");
  const native = provideBinaries(locateNativeFolder(), place, user);

  const left = await clearPostmaster(dataDir);
  if (left === "stopped")
    log("A Postgres that outlived its launcher was running here; it was stopped.");
  if (left === "stale") log("Postgres had not been shut down; it recovers now.");
  if (!existsSync(path.join(dataDir, "PG_VERSION"))) {
    await initialiseCluster({ native, place, password: file.password, user });
  }
  writeFileSync(path.join(dataDir, "pg_hba.conf"), "host all all 127.0.0.1/32 scram-sha-256\n");

  const logFile = path.join(place, "postgres.log");
  const { pid, port } = await launch({ native, place, dataDir, logFile, user, options });
  const stopOnExit = () => {
    try {
      process.kill(pid, "SIGINT");
    } catch {
      // It has ended already.
    }
  };
  process.once("exit", stopOnExit);
  return {
    port,
    dataDir,
    superuser: { name: SUPERUSER, password: file.password },
    stop: async () => {
      process.off("exit", stopOnExit);
      await stopPostmaster(pid);
    },
  };
}

type Launch = {
  native: string;
  place: string;
  dataDir: string;
  logFile: string;
  user: ServerUser;
  options: PostgresOptions;
};

async function launch(it: Launch): Promise<{ pid: number; port: number }> {
  const wanted = it.options.port ?? 54_322;
  let port = wanted;
  for (let attempt = 1; ; attempt += 1) {
    port = await findFreePort(port);
    try {
      return { pid: await launchOn(port, it), port };
    } catch (error) {
      // Somebody took the port between the look and the start.
      const lost = error instanceof Error && /in use|could not bind/i.test(String(error.cause));
      if (!lost || attempt === 3) throw error;
      port = wanted === 0 ? 0 : port + 1;
    }
  }
}

/** The server gets a process group of its own (Ctrl-C is for us to handle) and a file to log to (no pipe to break). */
async function launchOn(port: number, it: Launch): Promise<number> {
  const { native, place, dataDir, logFile, user, options } = it;
  if ((statSync(logFile, { throwIfNoEntry: false })?.size ?? 0) > LOG_LIMIT) truncateSync(logFile);
  const fd = openSync(logFile, "a", 0o600);
  const logStart = statSync(logFile).size;
  if (user) chownSync(logFile, user.uid, user.gid);
  const settings = Object.entries({ ...SETTINGS, ...options.settings, port: String(port) });
  const child = spawn(
    path.join(native, "bin", "postgres"),
    ["-D", dataDir, ...settings.flatMap(([key, value]) => ["-c", `${key}=${value}`])],
    { ...user, cwd: place, env: serverEnvironment(), detached: true, stdio: ["ignore", fd, fd] },
  );
  closeSync(fd);
  child.unref();
  let ended: string | undefined;
  child.once("error", (error) => (ended = String(error)));
  child.once("exit", (code, signal) => (ended ??= `exit ${code ?? signal}`));
  for (;;) {
    if (ended !== undefined) {
      const printed = readFileSync(logFile).subarray(logStart).toString("utf8");
      throw explainFailure("Postgres", `${printed}\n${printed ? "" : ended}`, logFile);
    }
    const found = readPostmaster(dataDir);
    if (found?.ready && found.pid === child.pid) return found.pid;
    await delay(10);
  }
}
