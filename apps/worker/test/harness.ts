import { spawn, type ChildProcess } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type pg from "pg";
import { createPool } from "@nofx/db/client";
import {
  seedRun,
  seedTenant,
  startTestStack,
  until,
  type SeededRun,
  type StepDraft,
  type TestStack,
} from "@nofx/db/testing";

export interface WorkerProcess {
  readonly pid: number;
  readonly url: string;
  readonly exited: Promise<number | null>;
  signal(signal: NodeJS.Signals): void;
  /** All that it has written to its output so far. */
  said(): string;
  /** The sum of one metric over its labels. */
  metric(name: string): Promise<number>;
}

export interface WorkerStack {
  readonly stack: TestStack;
  readonly owner: pg.Pool;
  readonly folder: string;
  start(env?: Record<string, string>): Promise<WorkerProcess>;
  run(
    steps: StepDraft[],
    options?: { shell?: "off" | "trusted" | "sandboxed"; workspace?: string },
  ): Promise<SeededRun>;
  runStatus(run: SeededRun): Promise<string>;
  finished(run: SeededRun, status?: string, timeoutMs?: number): Promise<void>;
  step(run: SeededRun, name: string): Promise<StepRow>;
  logs(run: SeededRun, name: string): Promise<string[]>;
  attempts(run: SeededRun, name: string): Promise<(string | null)[]>;
  [Symbol.asyncDispose](): Promise<void>;
}

export interface StepRow {
  id: string;
  status: string;
  holds: number;
  epoch: number;
  failures: number;
  crashes: number;
  output: Record<string, unknown> | null;
  error: { code: string; message: string } | null;
}

const MAIN = join(import.meta.dirname, "../src/main.ts");

/** A database, storage, and worker processes as they run in production. */
export async function startWorkerStack(): Promise<WorkerStack> {
  const stack = await startTestStack();
  const owner = createPool({
    connectionString: stack.database.url("postgres"),
    applicationName: "test",
  });
  const folder = mkdtempSync(join(tmpdir(), "nofx-worker-"));
  const children = new Set<ChildProcess>();
  const one = async <T>(text: string, values: unknown[]): Promise<T> =>
    (await owner.query(text, values)).rows[0] as T;
  return {
    stack,
    owner,
    folder,
    async start(env = {}) {
      const child = spawn(process.execPath, [MAIN], {
        stdio: ["ignore", "pipe", "pipe"],
        env: {
          PATH: process.env["PATH"] ?? "",
          DATABASE_DIRECT_URL: stack.database.url("nofx_worker"),
          DATABASE_GATEWAY_URL: stack.database.url("nofx_agent_gateway"),
          SUPABASE_URL: stack.gatewayUrl,
          SUPABASE_ANON_KEY: stack.keys.publishableKey,
          SUPABASE_JWT_SECRET: stack.keys.jwtSecret,
          NOFX_GATEWAY_PORT: "0",
          NOFX_WORKSPACES: join(folder, "workspaces"),
          NOFX_WORKSPACE_ROOT: folder,
          NOFX_SECRET_OF_THE_WORKER: "must not leak",
          ...env,
        },
      });
      children.add(child);
      return follow(child);
    },
    async run(steps, { shell = "trusted", workspace } = {}) {
      const tenant = await seedTenant(owner, { shell });
      const run = await seedRun(
        owner,
        tenant.id,
        steps,
        workspace === undefined ? {} : { workspace },
      );
      await owner.query("select pg_notify('nofx_doorbell', 'default')");
      return run;
    },
    runStatus: async (run) =>
      (await one<{ status: string }>("select status from runs where id = $1", [run.id])).status,
    async finished(run, status = "succeeded", timeoutMs = 15_000) {
      await until(
        `run is ${status}`,
        async () => {
          const row = await one<{ status: string }>("select status from runs where id = $1", [
            run.id,
          ]);
          if (["succeeded", "failed", "cancelled"].includes(row.status) && row.status !== status) {
            const { rows } = await owner.query(
              "select name, status, error from steps where run_id = $1",
              [run.id],
            );
            throw new Error(`run is ${row.status}: ${JSON.stringify(rows)}`);
          }
          return row.status === status;
        },
        timeoutMs,
      );
    },
    step: (run, name) => one<StepRow>("select * from steps where id = $1", [run.steps[name]]),
    async logs(run, name) {
      const { rows } = await owner.query(
        "select stream, text from step_logs where step_id = $1 order by epoch, seq",
        [run.steps[name]],
      );
      return rows.map((row) => `${row.stream}: ${row.text}`);
    },
    async attempts(run, name) {
      const { rows } = await owner.query(
        "select outcome from attempts where step_id = $1 order by epoch",
        [run.steps[name]],
      );
      return rows.map((row) => row.outcome as string | null);
    },
    async [Symbol.asyncDispose]() {
      for (const child of children) {
        child.kill("SIGCONT");
        child.kill("SIGKILL");
      }
      await owner.end();
      await stack.stop();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** On a machine that does much else; one that cannot start ends, and is not waited for. */
const STARTS_WITHIN_MS = 60_000;

async function follow(child: ChildProcess): Promise<WorkerProcess> {
  let said = "";
  const note = (chunk: Buffer) => {
    said += chunk.toString();
  };
  child.stdout?.on("data", note);
  child.stderr?.on("data", note);
  const exited = new Promise<number | null>((resolve) => {
    child.once("exit", (code) => resolve(code));
  });
  const url = await until(
    "the worker is ready",
    () => {
      if (child.exitCode !== null)
        throw new Error(`the worker ended with ${child.exitCode}: ${said}`);
      return /"gateway":"([^"]+)"/.exec(said)?.[1];
    },
    STARTS_WITHIN_MS,
  );
  if (child.pid === undefined) throw new Error("no pid");
  return {
    pid: child.pid,
    url,
    exited,
    signal: (signal) => void child.kill(signal),
    said: () => said,
    async metric(name) {
      const text = await (await fetch(`${url}/metrics`)).text();
      const lines = text
        .split("\n")
        .filter((line) => line.startsWith(name) && !line.startsWith("#"));
      return lines.reduce((sum, line) => sum + Number(line.split(" ").at(-1)), 0);
    },
  };
}

export const sh = (script: string, more: Record<string, unknown> = {}) => ({ script, ...more });

export const isAlive = (pid: number) => {
  try {
    process.kill(pid, 0);
    // a zombie waits for its parent to look; it runs no more
    return !/^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, "utf8"));
  } catch {
    return false;
  }
};
