import { spawn } from "node:child_process";
import { createInterface } from "node:readline";

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

/** Ends every process that runProcess started, with all that they started. */
export function stopProcesses(signal: NodeJS.Signals): void {
  for (const pid of running) {
    try {
      process.kill(-pid, signal);
    } catch {
      // Ended between the look and the signal.
    }
  }
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
