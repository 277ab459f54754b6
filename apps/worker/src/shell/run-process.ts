import { spawn } from "node:child_process";
import type { Readable, Writable } from "node:stream";
import type { Clock } from "@nofx/core/seams";

export interface ProcessSpec {
  readonly argv: readonly string[];
  readonly cwd: string;
  readonly env: Record<string, string>;
  readonly clock: Clock;
  readonly signal: AbortSignal;
  readonly onStdout: (chunk: Uint8Array) => void;
  readonly onStderr: (chunk: Uint8Array) => void;
}

export interface ProcessEnd {
  /** As a shell counts: 128 + n when signal n ended the command. */
  readonly exitCode: number;
  readonly durationMs: number;
}

const KILL_AFTER_MS = 5_000;
/** What left the group may hold the pipes open; its output is not waited for. */
const DRAIN_MS = 1_000;

/**
 * The command runs in the foreground of a process group of its own. Beside it, in the same group, a watcher reads from a
 * pipe whose other end only this worker holds: when the worker goes, however it goes, the pipe ends and the watcher kills
 * the group, so that no command outlives its worker into the next attempt. `trap :` keeps the shell itself through a
 * SIGTERM to the group, so that it can report how the command ended.
 */
const SUPERVISE = `
trap : TERM
{ trap '' TERM; read -r _ <&3; kill -KILL 0; } </dev/null >/dev/null 2>&1 &
watcher=$!
"$@" 3<&-
code=$?
kill -KILL "$watcher" 2>/dev/null
wait "$watcher" 2>/dev/null
exit "$code"
`;

/** Runs a command to its end. When the signal fires: SIGTERM to the whole group, SIGKILL five seconds later. */
export function runProcess(spec: ProcessSpec): Promise<ProcessEnd> {
  const { clock } = spec;
  const begun = clock.now();
  const child = spawn("/bin/sh", ["-c", SUPERVISE, "nofx-step", ...spec.argv], {
    cwd: spec.cwd,
    env: spec.env,
    detached: true,
    stdio: ["ignore", "pipe", "pipe", "pipe"],
  });
  const [, stdout, stderr, lifeline] = child.stdio as unknown as [
    null,
    Readable,
    Readable,
    Writable,
  ];
  // the group may end before the pipe does
  lifeline.on("error", () => {});
  stdout.on("data", spec.onStdout);
  stderr.on("data", spec.onStderr);

  const killGroup = (signal: NodeJS.Signals) => {
    if (child.pid === undefined) return;
    try {
      process.kill(-child.pid, signal);
    } catch {
      // nobody left
    }
  };
  let spare = () => {};
  const stop = () => {
    killGroup("SIGTERM");
    spare = clock.timer(KILL_AFTER_MS, () => killGroup("SIGKILL"));
  };
  if (spec.signal.aborted) stop();
  else spec.signal.addEventListener("abort", stop, { once: true });

  return new Promise((resolve, reject) => {
    child.once("error", reject);
    child.once("exit", (code) => {
      spare();
      spec.signal.removeEventListener("abort", stop);
      // what the command left running in the background
      killGroup("SIGKILL");
      lifeline.destroy();
      const drained = clock.timer(DRAIN_MS, () => destroyAll(stdout, stderr));
      child.once("close", () => {
        drained();
        resolve({ exitCode: code ?? 137, durationMs: Math.round(clock.now() - begun) });
      });
    });
  });
}

function destroyAll(...streams: Readable[]): void {
  for (const stream of streams) stream.destroy();
}
