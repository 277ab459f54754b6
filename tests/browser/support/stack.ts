import { spawn, type ChildProcess } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createServer, type AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { z } from "zod";

const root = resolve(import.meta.dirname, "../../..");
const command = join(root, "apps/cli/bin/nofx.mjs");
/** A build of the web app may be part of it. */
const START_MS = 300_000;

const State = z.object({
  addresses: z.object({
    dashboard: z.string(),
    supabase: z.string(),
    publishableKey: z.string(),
  }),
});
const Login = z.object({ email: z.string(), password: z.string() });
const Credentials = z.object({
  people: z.object({ supervisor: Login, operator: Login, admin: Login }),
});

/** Where the system under test is, and who may sign in. */
export const Stack = z.object({
  home: z.string(),
  dashboard: z.string(),
  supabase: z.string(),
  publishableKey: z.string(),
  people: Credentials.shape.people,
});
export type Stack = z.infer<typeof Stack>;
export type PersonName = keyof Stack["people"];

const NAME = "NOFX_BROWSER_STACK";

/** Hands the stack on to the test processes, which get the environment of the one that started it. */
export function publishStack(stack: Stack): void {
  process.env[NAME] = JSON.stringify(stack);
}

export function givenStack(): Stack {
  return Stack.parse(JSON.parse(process.env[NAME] ?? "null"));
}

/** The file with the cookies of somebody who has signed in. */
export function sessionFile(stack: Stack, person: PersonName): string {
  return join(stack.home, `session-${person}.json`);
}

/**
 * What `npm start` starts, in a state folder and on ports of its own, so that it meets nobody's running system. The tests
 * bring their own data: it starts without the demo's story.
 */
export async function startStack(): Promise<{ stack: Stack; stop: () => Promise<void> }> {
  const folder = mkdtempSync(join(tmpdir(), "nofx-browser-"));
  const home = join(folder, "home");
  const [web, gateway, postgres, agents] = await freePorts(4);
  const env = {
    ...process.env,
    NOFX_HOME: home,
    NOFX_WEB_PORT: String(web),
    NOFX_SUPABASE_PORT: String(gateway),
    NOFX_POSTGRES_PORT: String(postgres),
    NOFX_GATEWAY_PORT: String(agents),
  };
  // The channel tells it when this process is gone without a word.
  const child = spawn(process.execPath, [command, "dev", "--no-demo"], {
    cwd: root,
    env,
    stdio: ["ignore", "pipe", "pipe", "ipc"],
  });
  const over = ended(child);
  const stop = async () => {
    child.kill("SIGINT");
    await over;
    await ended(spawn(process.execPath, [command, "reset", "--yes"], { env, stdio: "ignore" }));
    rmSync(folder, { recursive: true, force: true });
  };
  try {
    await untilSaid(child, "is running");
    const { addresses } = State.parse(readJson(join(home, "state.json")));
    const { people } = Credentials.parse(readJson(join(home, "credentials.json")));
    return { stack: { home, ...addresses, people }, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

function readJson(path: string): unknown {
  return JSON.parse(readFileSync(path, "utf8"));
}

function ended(child: ChildProcess): Promise<void> {
  return new Promise((done) => child.once("exit", () => done()));
}

function untilSaid(child: ChildProcess, words: string): Promise<void> {
  return new Promise((done, fail) => {
    let said = "";
    const give = (why: string) => fail(new Error(`The system under test ${why}:\n${said}`));
    const timer = setTimeout(() => give(`is not up after ${START_MS / 1000} s`), START_MS);
    for (const stream of [child.stdout, child.stderr]) {
      stream?.setEncoding("utf8").on("data", (text: string) => {
        said += text;
        if (!said.includes(words)) return;
        clearTimeout(timer);
        done();
      });
    }
    child.once("exit", (code) => {
      clearTimeout(timer);
      give(`did not start (exit ${code})`);
    });
  });
}

async function freePorts(count: number): Promise<number[]> {
  const servers = Array.from({ length: count }, () => createServer().listen(0, "127.0.0.1"));
  await Promise.all(servers.map((server) => new Promise((done) => server.once("listening", done))));
  const ports = servers.map((server) => (server.address() as AddressInfo).port);
  await Promise.all(servers.map((server) => new Promise((done) => server.close(done))));
  return ports;
}
