import { setTimeout as delay } from "node:timers/promises";
import { identifyProcess } from "@nofx/db/local-stack/process-identity";
import { Sentence } from "../errors.ts";
import { logFile, shown } from "../paths.ts";
import { keepRunning, type Crash, type KeptProcess } from "../processes/keep-running.ts";
import { tailLog } from "../processes/open-log.ts";
import {
  describeEnd,
  type Ended,
  type ProcessSpec,
  type RunningProcess,
} from "../processes/start-process.ts";
import { duration } from "../terminal/style.ts";
import { removeState, writeState, type Addresses, type SystemState } from "./state.ts";

/** A server that found its port taken between our look and its start. */
export class PortTaken extends Error {}

const QUICK = { hurryMs: 1_500, killMs: 4_000 };
const WORKER = { hurryMs: 2_500, killMs: 4_500 };
const STACK = { hurryMs: 8_000, killMs: 10_000 };

/** The processes of a running system: kept running, known to others by the state file, stopped in order. */
export class System {
  readonly home: string;
  readonly signal: AbortSignal;
  readonly #tell: (text: string) => void;
  readonly #kept = new Map<string, KeptProcess>();
  readonly #beforeStop: (() => Promise<void>)[] = [];
  #state: SystemState;

  constructor(options: {
    home: string;
    command: string;
    signal: AbortSignal;
    tell: (text: string) => void;
  }) {
    this.home = options.home;
    this.signal = options.signal;
    this.#tell = options.tell;
    this.#state = {
      pid: process.pid,
      started: identifyProcess(process.pid)?.started ?? "",
      phase: "starting",
      command: options.command,
      startedAt: new Date().toISOString(),
      addresses: null,
      processes: [],
    };
    writeState(this.home, this.#state);
  }

  /** Notes a process in the state file, in the place of an earlier one of its name. */
  started(process: RunningProcess): void {
    const identity = identifyProcess(process.pid);
    const others = this.#state.processes.filter((one) => one.name !== process.name);
    this.#change({
      processes: identity ? [...others, { name: process.name, ...identity }] : others,
    });
  }

  /** Of these processes, those that have been started. */
  running(...names: string[]): RunningProcess[] {
    return names.flatMap((name) => this.#kept.get(name)?.current() ?? []);
  }

  /** Called first when it stops, also when that is to happen at once. */
  beforeStop(work: () => Promise<void>): void {
    this.#beforeStop.push(work);
  }

  adopt(kept: KeptProcess): void {
    this.#kept.set(kept.name, kept);
  }

  /** Says that a process ended and comes back; a storm of crashes is not a storm of lines. */
  crashed(name: string, { ended, count, againInMs }: Crash): void {
    if (count > 2 && count !== 5 && count % 10 !== 0) return;
    const again = `starting it again in ${duration(againInMs)}`;
    const often = count > 1 ? ` (${count} times in a row)` : "";
    this.#tell(
      `${name} ended unexpectedly, ${describeEnd(ended)}${often}; ${again}. Its log: ${shown(logFile(name, this.home))}`,
    );
  }

  tell(text: string): void {
    this.#tell(text);
  }

  /** Starts a process and waits until it is ready; one that ends before that is a failure. */
  async keep(spec: ProcessSpec, ready: (signal: AbortSignal) => Promise<void>): Promise<void> {
    const waiting = new AbortController();
    let isReady = false;
    const kept = keepRunning(spec, {
      start: (process) => this.started(process),
      crash: (crash) => {
        if (isReady) return this.crashed(spec.name, crash);
        kept.kill();
        waiting.abort(explainEarlyEnd(spec, crash.ended));
      },
    });
    this.adopt(kept);
    try {
      await ready(AbortSignal.any([waiting.signal, this.signal]));
      waiting.signal.throwIfAborted();
      isReady = true;
    } catch (error) {
      await kept.stop(QUICK);
      throw error;
    }
  }

  ready(addresses: Addresses): void {
    this.#change({ phase: "ready", addresses });
  }

  /** Web and agents first, then the workers with what they still run, then API and Postgres. */
  async stop(): Promise<void> {
    this.#change({ phase: "stopping" });
    await Promise.all(this.#beforeStop.map((work) => work()));
    const { stack, worker, standby, ...others } = Object.fromEntries(this.#kept);
    await Promise.all(Object.values(others).map((kept) => kept.stop(QUICK)));
    await Promise.all([worker?.stop(WORKER), standby?.stop(WORKER)]);
    await stack?.stop(STACK);
    removeState(this.home);
  }

  /** Without asking. Only Postgres is asked, and not waited for. */
  stopNow(): void {
    for (const work of this.#beforeStop) void work();
    for (const [name, kept] of this.#kept) {
      if (name === "stack") kept.current().signal("SIGTERM");
      else kept.kill();
    }
  }

  #change(change: Partial<SystemState>): void {
    this.#state = { ...this.#state, ...change };
    writeState(this.home, this.#state);
  }
}

const TITLES: Record<string, string> = { web: "dashboard" };

function explainEarlyEnd(spec: ProcessSpec, ended: Ended): Error {
  const lines = tailLog(spec.log, 10);
  if (lines.some((line) => line.includes("EADDRINUSE"))) return new PortTaken(spec.name);
  const full = lines.some((line) => /ENOSPC|no space left/i.test(line));
  const why = full
    ? "The disk is full: free some space (about 1 GB) and run this again."
    : `The ${TITLES[spec.name] ?? spec.name} did not start (${describeEnd(ended)}).`;
  return new Sentence(`${why} Its log is ${shown(spec.log)}:\n${lines.join("\n")}`);
}

const POLL_MS = 60;

/** Asks a server until it answers well. */
export async function untilHealthy(
  name: string,
  url: string,
  signal: AbortSignal,
  seconds = 60,
): Promise<void> {
  const deadline = AbortSignal.timeout(seconds * 1000);
  const either = AbortSignal.any([signal, deadline]);
  for (;;) {
    try {
      const response = await fetch(url, { signal: either });
      await response.body?.cancel();
      if (response.ok) return;
    } catch {
      // Not listening yet, or told to stop.
    }
    signal.throwIfAborted();
    if (deadline.aborted) {
      throw new Sentence(`The ${name} does not answer at ${url} after ${seconds} s. See its log.`);
    }
    await delay(POLL_MS);
  }
}
