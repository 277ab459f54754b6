import { spawn } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { once } from "node:events";
import {
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { createServer } from "node:net";
import os from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";
import pg from "pg";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { LocalStackError, startPostgres } from "../../src/local-stack/index.ts";
import type { RunningPostgres } from "../../src/local-stack/index.ts";
import { locateNativeFolder } from "../../src/local-stack/postgres/binaries.ts";
import { provideBinaries } from "../../src/local-stack/postgres/place.ts";
import { clearPostmaster } from "../../src/local-stack/postgres/postmaster.ts";
import { identifyProcess } from "../../src/local-stack/postgres/process-identity.ts";
import { chooseServerUser } from "../../src/local-stack/postgres/server-user.ts";

const isRoot = process.getuid?.() === 0;

let folder: string;
let home: string;
let running: RunningPostgres[] = [];
let children: ChildProcess[] = [];
let outside: string[] = [];

/** A clone's folder and the state folder in it, which is not there yet. */
function newHome(): void {
  folder = mkdtempSync(path.join(os.tmpdir(), "nofx-pg-"));
  chmodSync(folder, 0o755);
  home = path.join(folder, ".nofx");
}

async function stopAll(): Promise<void> {
  for (const child of children) child.kill("SIGKILL");
  for (const postgres of running) await postgres.stop();
  await clearPostmaster(path.join(home, "postgres", "data"));
  running = [];
  children = [];
}

function removeHome(): void {
  for (const dir of [folder, ...outside]) rmSync(dir, { recursive: true, force: true });
  outside = [];
}

async function start(
  options: { port?: number; log?: (line: string) => void } = {},
): Promise<RunningPostgres> {
  const postgres = await startPostgres({ home, port: 0, ...options });
  running.push(postgres);
  return postgres;
}

async function query(postgres: RunningPostgres, sql: string): Promise<unknown[]> {
  const { name, password } = postgres.superuser;
  const client = new pg.Client({
    host: "127.0.0.1",
    port: postgres.port,
    user: name,
    password,
    database: "postgres",
  });
  await client.connect();
  try {
    return (await client.query(sql)).rows;
  } finally {
    await client.end();
  }
}

async function startInChild(): Promise<{ child: ChildProcess; port: number }> {
  const script = fileURLToPath(new URL("start-postgres-child.ts", import.meta.url));
  const child = spawn(process.execPath, [script, home], { stdio: ["ignore", "pipe", "inherit"] });
  children.push(child);
  const [line] = (await once(child.stdout, "data")) as [Buffer];
  return { child, port: Number(line.toString()) };
}

const postmasterPid = (postgres: RunningPostgres) =>
  Number(readFileSync(path.join(postgres.dataDir, "postmaster.pid"), "utf8").split("\n")[0]);

describe("the embedded Postgres", () => {
  // One cluster for all of these: each leaves it stopped or broken, and the next has to cope.
  beforeAll(newHome);
  afterEach(stopAll);
  afterAll(removeHome);

  it("starts where there is nothing, stops, and finds its data again", async () => {
    const first = await start();
    await query(first, "create table if not exists kept (n int); insert into kept values (1)");
    const pid = postmasterPid(first);
    await first.stop();
    expect(identifyProcess(pid)).toBeUndefined();
    const second = await start();
    expect(await query(second, "select n from kept")).toEqual([{ n: 1 }]);
    expect(
      await query(
        second,
        "select current_setting('fsync') as f, current_setting('synchronous_commit') as s",
      ),
    ).toEqual([{ f: "on", s: "on" }]);
  });

  it("listens on this machine only and asks for the password", async () => {
    const postgres = await start();
    expect(
      await query(
        postgres,
        "select current_setting('listen_addresses') as a, current_setting('unix_socket_directories') as u",
      ),
    ).toEqual([{ a: "127.0.0.1", u: "" }]);
    const { name } = postgres.superuser;
    const stranger = new pg.Client({
      host: "127.0.0.1",
      port: postgres.port,
      user: name,
      password: "guess",
      database: "postgres",
    });
    await expect(stranger.connect()).rejects.toThrow(/password authentication failed/);
  });

  it("takes the next port when the one it wants is busy", async () => {
    const other = createServer().listen(0, "127.0.0.1");
    await once(other, "listening");
    const address = other.address();
    const busy = typeof address === "object" && address ? address.port : 0;
    const postgres = await start({ port: busy });
    expect(postgres.port).toBeGreaterThan(busy);
    other.close();
  });

  it("takes over from a launcher that was killed and left its server running", async () => {
    const { child } = await startInChild();
    child.kill("SIGKILL");
    await once(child, "exit");
    const lines: string[] = [];
    const postgres = await start({ log: (line) => lines.push(line) });
    expect(lines).toEqual([expect.stringContaining("outlived its launcher")]);
    expect(await query(postgres, "select 1 as one")).toEqual([{ one: 1 }]);
  });

  it("refuses to start while another launcher of the same folder is alive", async () => {
    const { child } = await startInChild();
    const error = await start().catch((caught: unknown) => caught);
    expect(LocalStackError.is(error) && error.code).toBe("already_running");
    expect(String(error)).toContain(`process ${child.pid}`);
  });

  it("recovers when the whole server was killed, also when its number is another process's now", async () => {
    const first = await start();
    await query(first, "create table if not exists kept (n int)");
    const pid = postmasterPid(first);
    process.kill(pid, "SIGKILL");
    await first.stop();
    const lock = path.join(first.dataDir, "postmaster.pid");
    expect(existsSync(lock)).toBe(true);
    const text = readFileSync(lock, "utf8");
    writeFileSync(lock, text.replace(/^\d+/, String(process.pid)));
    const second = await start();
    expect(await query(second, "select count(*)::int as n from kept")).toEqual([{ n: 1 }]);
  });

  it("says in one sentence that data of another version cannot be used", async () => {
    const first = await start();
    await first.stop();
    writeFileSync(path.join(first.dataDir, "PG_VERSION"), "16\n");
    const error = await start().catch((caught: unknown) => caught);
    expect(LocalStackError.is(error) && error.code).toBe("data_unusable");
    writeFileSync(path.join(first.dataDir, "PG_VERSION"), "17\n");
  });
});

describe("a new embedded Postgres", () => {
  beforeEach(newHome);
  afterEach(stopAll);
  afterEach(removeHome);

  it("begins anew when the first start was interrupted", async () => {
    mkdirSync(path.join(home, "postgres", "initialising", "data"), { recursive: true });
    const postgres = await start();
    expect(await query(postgres, "select 1 as one")).toEqual([{ one: 1 }]);
    expect(existsSync(path.join(home, "postgres", "initialising"))).toBe(false);
  });
});

describe.runIf(isRoot)("as root", () => {
  beforeEach(newHome);
  afterEach(stopAll);
  afterEach(removeHome);

  it("runs as an unprivileged user", async () => {
    const postgres = await start();
    const [row] = await query(postgres, "select pg_backend_pid() as pid");
    const { pid } = row as { pid: number };
    const server = postmasterPid(postgres);
    expect(pid).toBeGreaterThan(0);
    expect(readFileSync(`/proc/${server}/status`, "utf8")).not.toMatch(/^Uid:\s+0\s/m);
  });

  it("lives outside a clone that only root can enter, and finds its place again", async () => {
    chmodSync(folder, 0o700);
    const first = await start();
    const place = path.dirname(first.dataDir);
    outside.push(place);
    expect(first.dataDir.startsWith(folder)).toBe(false);
    await query(first, "create table if not exists kept (n int)");
    await first.stop();
    const second = await start();
    expect(second.dataDir).toBe(first.dataDir);
    expect(await query(second, "select count(*)::int as n from kept")).toEqual([{ n: 0 }]);
  });

  it("clears away the place of a temporary clone that is gone", async () => {
    chmodSync(folder, 0o700);
    const first = await start();
    const place = path.dirname(first.dataDir);
    outside.push(place);
    await first.stop();
    rmSync(home, { recursive: true });
    home = path.join(folder, "another", ".nofx");
    const second = await start();
    outside.push(path.dirname(second.dataDir));
    expect(existsSync(place)).toBe(false);
    expect(second.dataDir).not.toBe(first.dataDir);
  });

  it("copies the server to where its user can run it", () => {
    chmodSync(folder, 0o755);
    const closed = path.join(folder, "closed");
    const place = path.join(folder, "place");
    mkdirSync(closed, { mode: 0o700 });
    mkdirSync(place, { mode: 0o755 });
    cpSync(locateNativeFolder(), path.join(closed, "native"), {
      recursive: true,
      verbatimSymlinks: true,
    });
    const user = chooseServerUser(path.join(place, "data"));
    expect(user).toBeDefined();
    const native = provideBinaries(path.join(closed, "native"), place, user);
    expect(native).toBe(path.join(place, "native"));
    expect(provideBinaries(path.join(closed, "native"), place, user)).toBe(native);
  });
});
