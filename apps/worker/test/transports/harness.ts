import { createPool } from "@nofx/db/client";
import { createTestDatabase, seedTenant, until } from "@nofx/db/testing";
import { system } from "@nofx/control/seams";
import {
  createDoorbell,
  createWorkerEngine,
  type Doorbell,
  type WorkerEngine,
} from "@nofx/control/steps";
import type { StepResult } from "../../src/catalog/handler.ts";
import type { RunningStep } from "../../src/loop/running-step.ts";
import { WorkerLoop } from "../../src/loop/worker-loop.ts";
import { createMetrics } from "../../src/metrics.ts";
import type { Routing, Transport } from "../../src/transports/transport.ts";

/** What a transport is made of in these tests. */
export interface Parts {
  readonly connectionString: string;
  readonly worker: string;
  readonly engine: WorkerEngine;
  readonly doorbell: Doorbell;
  readonly handlers: readonly string[];
  readonly routing: Routing;
  readonly seams: typeof system;
  /** Nobody looks without being told to. */
  readonly noPolling: boolean;
}
export type OpenTransport = (parts: Parts) => Promise<Transport>;

export interface Task {
  readonly title: string;
  readonly queue?: string;
  readonly priority?: number;
  readonly run_at?: string;
  readonly max_failures?: number;
}

export interface LoopWorker {
  readonly name: string;
  readonly transport: Transport;
  readonly loop: WorkerLoop;
  /** Ends what it holds, and goes. */
  stop(): Promise<void>;
  /** As a process that is gone: it settles nothing. */
  vanish(): Promise<void>;
}

export type Execute = (running: RunningStep) => Promise<StepResult>;

export const DONE: StepResult = { type: "succeeded", output: {} };

/** A database and, in this process, workers on it; their steps do what the test says. */
export async function startFleet(open: OpenTransport) {
  const database = await createTestDatabase();
  const connectionString = database.url("nofx_worker");
  const owner = createPool({ connectionString: database.url("postgres"), applicationName: "test" });
  const client = createPool({ connectionString, applicationName: "test client" });
  const workers = new Set<LoopWorker>();
  const started: { worker: string; title: string; id: string }[] = [];
  let number = 0;

  const rows = async <T>(text: string, values: unknown[] = []): Promise<T[]> =>
    (await owner.query(text, values)).rows as T[];

  /** A verb of the engine, as a worker calls it. */
  const engine = async <T>(text: string, values: unknown[] = []): Promise<T> =>
    (await client.query(text, values)).rows[0].value as T;

  async function worker(
    options: {
      execute?: Execute;
      concurrency?: number;
      routing?: Routing;
      leaseMs?: number;
      noPolling?: boolean;
      /** It claims nothing from the start. */
      paused?: boolean;
    } = {},
  ): Promise<LoopWorker> {
    const name = `w${(number += 1)}`;
    const { execute = async () => DONE, noPolling = false } = options;
    const engine = createWorkerEngine({ connectionString, worker: name, max: 6 });
    const doorbell = createDoorbell({ connectionString, applicationName: `${name} doorbell` });
    const handlers = ["shell@1"];
    const transport = await open({
      connectionString,
      worker: name,
      engine,
      doorbell,
      handlers,
      routing: options.routing ?? {},
      seams: system,
      noPolling,
    });
    let gone = false;
    const unlessGone =
      <A extends unknown[], T>(work: (...args: A) => Promise<T>) =>
      (...args: A) =>
        gone ? new Promise<T>(() => {}) : work(...args);
    const loop = new WorkerLoop({
      engine: {
        exchange: unlessGone(engine.exchange),
        disown: unlessGone(engine.disown),
        ring: () => engine.ring(),
      },
      transport: Object.assign(Object.create(transport) as Transport, {
        route: unlessGone(transport.route),
        wait: unlessGone(transport.wait),
      }),
      handlers,
      metrics: createMetrics(),
      version: "1.0.0",
      concurrency: options.concurrency ?? 4,
      leaseMs: options.leaseMs ?? 30_000,
      // what is claimed ahead could not be overtaken
      prefetch: { most: 0, withinMs: 0 },
      ...(options.routing === undefined ? {} : { routing: options.routing }),
      clock: system.clock,
      // a poll waits 750 ms and half of this
      random: noPolling ? () => 4_000 : system.random,
      execute: async (running) => {
        started.push({ worker: name, title: running.step.title, id: running.step.id });
        // a test that fails leaves its gates shut
        const stopped = new Promise<StepResult>((resolve) => {
          running.signal.addEventListener("abort", () => resolve({ type: "stopped" }));
        });
        return Promise.race([execute(running), stopped]);
      },
      onError: () => {},
    });
    if (options.paused === true) loop.pause(true);
    loop.start();
    const close = async () => {
      workers.delete(it);
      await transport.close();
      await doorbell.close();
      await engine.close();
    };
    const it: LoopWorker = {
      name,
      transport,
      loop,
      async stop() {
        loop.drain();
        loop.stopAll("shutdown");
        await loop.done;
        await close();
      },
      async vanish() {
        gone = true;
        await close();
      },
    };
    workers.add(it);
    return it;
  }

  return {
    owner,
    started,
    worker,
    rows,
    engine,
    connectionString,
    tenant: async () => (await seedTenant(owner)).id,
    /** Steps in the order of the tasks. */
    async enqueue(tenantId: string, tasks: readonly Task[]): Promise<string[]> {
      const documents = tasks.map((task) => ({
        kind: "shell",
        executor: "worker",
        arguments: {},
        token: `token-${task.title}-${(number += 1)}`,
        ...task,
      }));
      const made = await engine<{ runs: string[] }>(
        "select engine.enqueue($1, $2, 'system', 'test', gen_random_uuid()) as value",
        [tenantId, JSON.stringify(documents)],
      );
      await owner.query("select pg_notify('nofx_doorbell', 'default')");
      const steps = await rows<{ id: string; run_id: string }>(
        "select id, run_id from steps where run_id = any ($1)",
        [made.runs],
      );
      return made.runs.map((run) => steps.find((step) => step.run_id === run)?.id ?? "");
    },
    async settled(ids: readonly string[], timeoutMs = 15_000): Promise<void> {
      await until(
        `${ids.length} steps succeed`,
        async () => {
          const [row] = await rows<{ n: number }>(
            "select count(*)::int as n from steps where id = any ($1) and status = 'succeeded'",
            [ids],
          );
          return row?.n === ids.length;
        },
        timeoutMs,
      );
    },
    attempts: async (ids: readonly string[]) =>
      (
        await rows<{ n: number }>(
          "select count(*)::int as n from attempts where step_id = any ($1)",
          [ids],
        )
      )[0]?.n,
    async [Symbol.asyncDispose]() {
      await Promise.all([...workers].map((one) => one.stop()));
      await Promise.all([owner.end(), client.end()]);
      await database.drop();
    },
  };
}
export type Fleet = Awaited<ReturnType<typeof startFleet>>;

export const tasks = (count: number, prefix: string, more: Partial<Task> = {}): Task[] =>
  Array.from({ length: count }, (_, i) => ({ title: `${prefix}${i}`, ...more }));

/** A gate that steps wait at until the test opens it. */
export function gate() {
  const { promise, resolve } = Promise.withResolvers<void>();
  return { opened: promise, open: () => resolve() };
}
