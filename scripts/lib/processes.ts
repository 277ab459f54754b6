import { spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { setTimeout as wait } from "node:timers/promises";

export interface Finished {
  /** The exit code, or 128 when a signal ended it. */
  code: number;
  /** Standard output and error, in the order they came. */
  output: string;
}

export interface ProcessOptions {
  cwd?: string;
  env?: Record<string, string>;
  onLine?: (line: string) => void;
  /** Hands the output through as it comes instead of collecting it. */
  live?: boolean;
}

const running = new Set<number>();

/** Sends a signal to every process that runProcess started, and to all that they started. */
export function signalProcesses(signal: NodeJS.Signals): void {
  for (const pid of running) {
    try {
      process.kill(-pid, signal);
    } catch {
      // Ended between the look and the signal.
    }
  }
}

/** Asks them to stop as Ctrl-C would, so that they clear away what they made; ends those that haven't after the time given. */
export async function stopProcesses(patienceMs: number): Promise<void> {
  signalProcesses("SIGINT");
  const deadline = Date.now() + patienceMs;
  while (running.size > 0 && Date.now() < deadline) await wait(50);
  signalProcesses("SIGKILL");
}

/** On Ctrl-C or a kill: stops the processes, says `last` words, and exits. Answers whether that has begun. */
export function stopOnSignals(last: () => void): () => boolean {
  let stopping = false;
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
    process.once(signal, () => {
      stopping = true;
      void stopProcesses(15_000).finally(() => {
        last();
        process.exit(130);
      });
    });
  }
  return () => stopping;
}

/** Runs a command to its end. Each gets its own process group, so that stopProcesses leaves nothing behind. */
export function runProcess(
  command: string,
  args: readonly string[],
  options: ProcessOptions = {},
): Promise<Finished> {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, {
      cwd: options.cwd,
      env: { ...process.env, ...options.env },
      stdio: ["ignore", options.live ? "inherit" : "pipe", options.live ? "inherit" : "pipe"],
      detached: true,
    });
    const { pid } = child;
    if (pid !== undefined) running.add(pid);
    const lines: string[] = [];
    for (const stream of [child.stdout, child.stderr]) {
      if (stream === null) continue;
      createInterface({ input: stream }).on("line", (line) => {
        lines.push(line);
        options.onLine?.(line);
      });
    }
    child.once("error", reject);
    child.once("close", (code) => {
      if (pid !== undefined) running.delete(pid);
      resolve({ code: code ?? 128, output: lines.join("\n") });
    });
  });
}
