import { fork, type ChildProcess } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";

export type ToRunners =
  | { type: "start"; url: string; runners: readonly { key: string; capability: string }[] }
  | { type: "stop" };

export type FromRunners =
  | { type: "started" }
  /** What happened in the last second. */
  | {
      type: "told";
      started: number;
      succeeded: number;
      lost: number;
      other: number;
      retries: number;
    };

export interface Told {
  started: number;
  succeeded: number;
  lost: number;
  other: number;
  retries: number;
}

const TICK_MS = 10;

/** CPU that a process has used so far, in milliseconds; nothing of one that is gone. */
export function cpuMs(pid: number): number {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    return (Number(fields[11]) + Number(fields[12])) * TICK_MS;
  } catch {
    return 0;
  }
}

/** Processes of runners: each can be killed whole, and started again with the same keys. */
export class RunnerProcesses {
  readonly told: Told = { started: 0, succeeded: 0, lost: 0, other: 0, retries: 0 };
  readonly #url: string;
  readonly #groups: readonly (readonly { key: string; capability: string }[])[];
  readonly #children: (ChildProcess | undefined)[];
  /** Of processes that are gone. */
  #spentMs = 0;

  constructor(url: string, runners: readonly { key: string; capability: string }[], count: number) {
    this.#url = url;
    this.#groups = Array.from({ length: count }, (_, i) =>
      runners.filter((_, n) => n % count === i),
    );
    this.#children = this.#groups.map(() => undefined);
  }

  get size(): number {
    return this.#groups.length;
  }

  runnersOf(process: number): number {
    return this.#groups[process]?.length ?? 0;
  }

  /** CPU of all of them, those that were killed as well. */
  get cpuMs(): number {
    return this.#children.reduce((sum, child) => sum + cpuMs(child?.pid ?? 0), this.#spentMs);
  }

  async start(process: number): Promise<void> {
    const child = fork(join(import.meta.dirname, "runner-process.ts"));
    this.#children[process] = child;
    await new Promise<void>((resolve, reject) => {
      child.once("exit", (code) => reject(new Error(`A process of runners ended: ${code}.`)));
      child.on("message", (message: FromRunners) => {
        if (message.type === "started") resolve();
        else this.#add(message);
      });
      child.send({
        type: "start",
        url: this.#url,
        runners: this.#groups[process] ?? [],
      } satisfies ToRunners);
    });
  }

  /** With everything in it, at once. */
  async kill(process: number): Promise<void> {
    const child = this.#children[process];
    if (child?.pid === undefined) return;
    this.#spentMs += cpuMs(child.pid);
    this.#children[process] = undefined;
    const gone = new Promise((resolve) => child.once("exit", resolve));
    child.kill("SIGKILL");
    await gone;
  }

  /** For an end in a hurry. */
  killAll(): void {
    for (const child of this.#children) child?.kill("SIGKILL");
  }

  /** Graceful: each runner drains. */
  async stop(): Promise<void> {
    await Promise.all(
      this.#children.map(async (child, i) => {
        if (child === undefined) return;
        const gone = new Promise((resolve) => child.once("exit", resolve));
        const late = setTimeout(() => child.kill("SIGKILL"), 20_000);
        child.send({ type: "stop" } satisfies ToRunners);
        await gone;
        clearTimeout(late);
        this.#children[i] = undefined;
      }),
    );
  }

  #add({ type: _, ...told }: Extract<FromRunners, { type: "told" }>): void {
    for (const key of Object.keys(told) as (keyof Told)[]) this.told[key] += told[key];
  }
}
