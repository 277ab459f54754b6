import { spawn } from "node:child_process";
import { closeSync } from "node:fs";
import { childEnvironment } from "./child-environment.ts";
import { openLog } from "./open-log.ts";

export interface ProcessSpec {
  /** Names its log too. */
  name: string;
  script: string;
  args?: readonly string[];
  cwd: string;
  env: Record<string, string>;
  log: string;
  /** False for a script that watches its channel itself. */
  followParent?: boolean;
  onMessage?: (message: unknown) => void;
}

export interface Ended {
  code: number | null;
  signal: NodeJS.Signals | null;
}

export interface RunningProcess {
  readonly name: string;
  readonly pid: number;
  readonly ended: Promise<Ended>;
  hasEnded(): boolean;
  /** To the process itself. */
  signal(signal: NodeJS.Signals): void;
  /** To it and everything it started in its group. */
  killGroup(): void;
}

const followParent = new URL("./follow-parent.ts", import.meta.url).href;

/** Starts a script on our own Node, in a process group of its own, logging to a file. */
export function startProcess(spec: ProcessSpec): RunningProcess {
  const fd = openLog(spec.log, new Date());
  const preload = spec.followParent === false ? [] : ["--import", followParent];
  const env = { ...spec.env, NOFX_PARENT: String(process.pid) };
  const child = spawn(process.execPath, [...preload, spec.script, ...(spec.args ?? [])], {
    cwd: spec.cwd,
    env: childEnvironment(process.env, env),
    detached: true,
    stdio: ["ignore", fd, fd, "ipc"],
  });
  closeSync(fd);
  let over = false;
  const ended = new Promise<Ended>((resolve, reject) => {
    child.once("error", (error) => {
      over = true;
      reject(error);
    });
    child.once("exit", (code, signal) => {
      over = true;
      resolve({ code, signal });
    });
  });
  ended.catch(() => {});
  if (spec.onMessage !== undefined) child.on("message", spec.onMessage);
  const pid = child.pid ?? 0;
  return {
    name: spec.name,
    pid,
    ended,
    hasEnded: () => over,
    signal: (signal) => void (over || child.kill(signal)),
    killGroup: () => {
      if (pid === 0) return;
      try {
        process.kill(-pid, "SIGKILL");
      } catch {
        // Nobody of the group is left.
      }
    },
  };
}

export function describeEnd({ code, signal }: Ended): string {
  return signal === null ? `exit ${code ?? "?"}` : `signal ${signal}`;
}
