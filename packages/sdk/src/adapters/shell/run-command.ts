import { spawn } from "node:child_process";
import process from "node:process";
import type { Readable, Writable } from "node:stream";

export interface CommandSpec {
  readonly argv: readonly string[];
  readonly cwd: string | undefined;
  readonly env: Record<string, string>;
  readonly stdin: string | Uint8Array | undefined;
  readonly signal: AbortSignal;
  /** Between SIGTERM and SIGKILL. */
  readonly killAfterMs: number;
  readonly onStdout: (chunk: Uint8Array) => void;
  readonly onStderr: (chunk: Uint8Array) => void;
}

/** What left the group may hold the pipes open; its output is not waited for. */
const DRAIN_MS = 1_000;

/**
 * The command runs in a process group of its own. Beside it, in the same group, a watcher reads from a pipe whose other
 * end only this process holds: when this process goes, however it goes, the pipe ends and the watcher kills the group, so
 * that no command outlives its agent into the next attempt. `trap :` keeps the shell itself through a SIGTERM to the
 * group, so that it can report how the command ended.
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

/**
 * Runs a command to its end and returns its exit code as a shell counts, 128 + n when signal n ended it. When `signal`
 * fires: SIGTERM to the whole group, then SIGKILL.
 */
export function runCommand(spec: CommandSpec): Promise<number> {
  const child = spawn("/bin/sh", ["-c", SUPERVISE, "nofx-command", ...spec.argv], {
    cwd: spec.cwd,
    env: spec.env,
    detached: true,
    stdio: ["pipe", "pipe", "pipe", "pipe"],
  });
  const [stdin, stdout, stderr, lifeline] = child.stdio as unknown as [
    Writable,
    Readable,
    Readable,
    Writable,
  ];
  // The command need not read what it is given, and may end before the pipes do.
  stdin.on("error", () => {});
  lifeline.on("error", () => {});
  stdin.end(spec.stdin);
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
  let spare: NodeJS.Timeout | undefined;
  const stop = () => {
    killGroup("SIGTERM");
    spare = setTimeout(() => killGroup("SIGKILL"), spec.killAfterMs);
  };
  if (spec.signal.aborted) stop();
  else spec.signal.addEventListener("abort", stop, { once: true });
  const forget = () => {
    clearTimeout(spare);
    spec.signal.removeEventListener("abort", stop);
  };

  return new Promise((resolve, reject) => {
    child.once("error", (error) => {
      forget();
      reject(error);
    });
    child.once("exit", (code) => {
      forget();
      // what the command left running in the background
      killGroup("SIGKILL");
      lifeline.destroy();
      const drained = setTimeout(() => {
        stdout.destroy();
        stderr.destroy();
      }, DRAIN_MS);
      child.once("close", () => {
        clearTimeout(drained);
        resolve(code ?? 137);
      });
    });
  });
}
