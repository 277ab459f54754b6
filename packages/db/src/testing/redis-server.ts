import { execFile, spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { connect, createServer, type AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { promisify } from "node:util";
import { until } from "./until.ts";

export interface TestRedis {
  readonly url: string;
  /** As `FLUSHALL` or any other command without an answer that matters. */
  say(command: string): Promise<void>;
  /** As `kill -9`. */
  kill(): Promise<void>;
  /** On the same port, empty. */
  start(): Promise<void>;
  /** As a machine that hangs: connections stay and nothing is answered. */
  freeze(frozen: boolean): void;
  [Symbol.asyncDispose](): Promise<void>;
}

const NO_REDIS =
  "redis-server is not on the path and could not be installed: install Redis 6.2 or later, or name it in NOFX_REDIS_SERVER";

function lookUp(): string | undefined {
  const named = process.env["NOFX_REDIS_SERVER"];
  if (named !== undefined && named !== "") return existsSync(named) ? named : undefined;
  const folders = (process.env["PATH"] ?? "").split(delimiter);
  return [...folders, "/usr/bin", "/usr/local/bin", "/opt/homebrew/bin"]
    .map((folder) => join(folder, "redis-server"))
    .find((path) => existsSync(path));
}

// Next's types, where they are loaded too, want NODE_ENV in every environment.
const APT_ENV: NodeJS.ProcessEnv = Object.assign(Object.create(null), {
  DEBIAN_FRONTEND: "noninteractive",
  PATH: "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
  // the tests start their own
  RUNLEVEL: "1",
});

/** Where Redis is: named by NOFX_REDIS_SERVER, found, or, as root of a Debian image, installed. Says so where there is none. */
export async function findRedis(): Promise<string | undefined> {
  const found = lookUp();
  if (found !== undefined) return found;
  if (process.getuid?.() === 0 && existsSync("/usr/bin/apt-get")) {
    const apt = (...args: string[]) =>
      promisify(execFile)("/usr/bin/apt-get", ["-o", "DPkg::Lock::Timeout=120", "-q", ...args], {
        timeout: 180_000,
        env: APT_ENV,
      });
    await apt("install", "-y", "--no-install-recommends", "redis-server").catch(async () => {
      await apt("update").catch(() => {});
      await apt("install", "-y", "--no-install-recommends", "redis-server").catch(() => {});
    });
  }
  const installed = lookUp();
  if (installed === undefined) console.warn(NO_REDIS);
  return installed;
}

/** A Redis of its own on a free port of 127.0.0.1, that keeps nothing. */
export async function startTestRedis(
  options: { config?: Record<string, string> } = {},
): Promise<TestRedis> {
  const binary = await findRedis();
  if (binary === undefined) throw new Error(NO_REDIS);
  const folder = mkdtempSync(join(tmpdir(), "nofx-redis-"));
  const port = await freePort();
  const config = { bind: "127.0.0.1", dir: folder, save: "", appendonly: "no", ...options.config };
  const args = Object.entries(config).flatMap(([name, value]) => [`--${name}`, value]);
  let child: ChildProcess | undefined;
  const start = async () => {
    child = spawn(binary, ["--port", String(port), ...args], { stdio: "ignore" });
    await until("redis answers", async () => {
      if (child?.exitCode != null) throw new Error(`redis-server ended with ${child.exitCode}`);
      return (await ask(port, "PING").catch(() => "")).startsWith("+PONG");
    });
  };
  const kill = async () => {
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
    const gone = once(child, "exit");
    child.kill("SIGKILL");
    await gone;
  };
  await start();
  return {
    url: `redis://127.0.0.1:${port}`,
    start,
    kill,
    say: async (command) => {
      const answer = await ask(port, command);
      if (answer.startsWith("-")) throw new Error(`redis: ${answer}`);
    },
    freeze: (frozen) => void child?.kill(frozen ? "SIGSTOP" : "SIGCONT"),
    async [Symbol.asyncDispose]() {
      await kill();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, "close");
  return port;
}

/** One inline command, and what it answers first. */
async function ask(port: number, command: string): Promise<string> {
  const socket = connect(port, "127.0.0.1");
  try {
    socket.write(`${command}\r\n`);
    const [chunk] = (await once(socket, "data")) as [Buffer];
    return chunk.toString();
  } finally {
    socket.destroy();
  }
}
