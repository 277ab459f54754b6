import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { follow, type Followed } from "./follow.ts";

const MAIN = fileURLToPath(new URL("../../apps/worker/src/main.ts", import.meta.url));
const PRELOAD = new URL("./preload.ts", import.meta.url).href;

/** Wrong clocks, in milliseconds; most are right. */
const CLOCKS = ["0", "600000", "0", "-600000", "jumping"] as const;
type Clock = (typeof CLOCKS)[number];

/** Started ahead, because a start takes seconds where the machine is busy. */
const SPARES = 2;

/** A worker process. Its name says which clock it has. */
export interface Worker {
  readonly name: string;
  readonly clock: Clock;
  readonly child: ChildProcess;
  readonly log: Followed;
  /** Set by whoever ends it on purpose. */
  ending: boolean;
}

export interface Place {
  worker: Worker;
  /** One fault at a time. */
  busy: boolean;
}

/** Worker processes, each in its place. One that is killed is followed by another that was started before and waits. */
export class Fleet {
  readonly places: Place[] = [];
  /** Workers that ended without being told to: there should be none. */
  readonly diedAlone: string[] = [];
  /** Every worker that ever ran. */
  readonly everyone: Worker[] = [];
  readonly #env: Record<string, string>;
  #count = 0;
  readonly #spares: Worker[] = [];

  constructor(env: Record<string, string>) {
    this.#env = env;
  }

  async start(size: number): Promise<void> {
    for (let i = 0; i < size; i += 1) this.places.push({ worker: this.#spawn(), busy: false });
    await Promise.all(this.places.map(({ worker }) => worker.log.ready));
    for (let i = 0; i < SPARES; i += 1) this.#spares.push(this.#spawn());
  }

  /** Whether there is somebody to follow one that is killed: on a busy machine a start takes its time. */
  get canKill(): boolean {
    return this.#spares[0]?.log.url !== undefined;
  }

  /** The ones that answer requests. */
  gateways(): string[] {
    return this.places.flatMap(({ worker, busy }) => (busy ? [] : (worker.log.url ?? [])));
  }

  /** Ends the worker at once and puts a spare one in its place. */
  async kill(place: Place): Promise<void> {
    const { worker } = place;
    const next = this.#spares.shift();
    if (next === undefined) throw new Error("there is nobody to follow");
    worker.ending = true;
    worker.child.kill("SIGKILL");
    if (isRunning(worker.child)) await once(worker.child, "exit");
    place.worker = next;
    this.#spares.push(this.#spawn());
  }

  /** Asks all to stop, as an operator would, and ends at once who does not. */
  async stop(): Promise<void> {
    const workers = this.everyone.filter(({ child }) => isRunning(child));
    for (const worker of workers) {
      worker.ending = true;
      worker.child.kill("SIGCONT");
      worker.child.kill("SIGTERM");
    }
    const gone = Promise.all(workers.map(async ({ child }) => once(child, "exit")));
    await Promise.race([gone, delay(8_000)]);
    this.killAll();
  }

  killAll(): void {
    for (const worker of this.everyone) {
      worker.ending = true;
      worker.child.kill("SIGKILL");
    }
  }

  #spawn(): Worker {
    const number = (this.#count += 1);
    const clock = CLOCKS[number % CLOCKS.length] ?? "0";
    const name = `w${number}`;
    const child = spawn(process.execPath, ["--import", PRELOAD, MAIN], {
      stdio: ["ignore", "pipe", "pipe", "ipc"],
      env: { ...this.#env, NOFX_WORKER_NAME: name, NOFX_CHAOS_CLOCK_MS: clock },
    });
    const worker: Worker = { name, clock, child, log: follow(child), ending: false };
    child.once("exit", (code, signal) => {
      if (!worker.ending) this.diedAlone.push(`${name} (${code ?? signal}): ${worker.log.tail()}`);
    });
    this.everyone.push(worker);
    return worker;
  }
}

const isRunning = (child: ChildProcess) => child.exitCode === null && child.signalCode === null;

/** What every worker of this run is told. */
export function workerEnv(options: {
  direct: string;
  gateway: string;
  folder: string;
  leaseSeconds: number;
  concurrency: number;
}): Record<string, string> {
  return {
    PATH: process.env["PATH"] ?? "",
    DATABASE_DIRECT_URL: options.direct,
    DATABASE_GATEWAY_URL: options.gateway,
    NODE_COMPILE_CACHE: join(options.folder, "compiled"),
    NOFX_GATEWAY_PORT: "0",
    NOFX_WORKSPACES: join(options.folder, "workspaces"),
    NOFX_WORKSPACE_ROOT: options.folder,
    NOFX_LEASE_SECONDS: String(options.leaseSeconds),
    NOFX_AGENT_LEASE_SECONDS: "3",
    NOFX_CONCURRENCY: String(options.concurrency),
    NOFX_GRACE_SECONDS: "3",
  };
}
