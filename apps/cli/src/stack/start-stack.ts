import { fileURLToPath } from "node:url";
import { isDeepStrictEqual } from "node:util";
import { Sentence } from "../errors.ts";
import { keepRunning, type Crash, type KeptProcess } from "../processes/keep-running.ts";
import { describeEnd, type ProcessSpec, type RunningProcess } from "../processes/start-process.ts";
import { tailLog } from "../processes/open-log.ts";
import { logFile, root, shown } from "../paths.ts";
import { StackMessage, type StackAddresses, type StackOrder } from "./messages.ts";

export interface StackHooks {
  progress: (text: string) => void;
  start: (process: RunningProcess) => void;
  crash: (crash: Crash) => void;
  /** It crashed and came back somewhere else: nobody will find it. */
  moved: () => void;
  signal: AbortSignal;
}

export interface StartedStack {
  process: KeptProcess;
  addresses: StackAddresses;
}

/** Starts the local stack's process and waits until everything in it answers. */
export async function startStack(order: StackOrder, hooks: StackHooks): Promise<StartedStack> {
  const log = logFile("stack", order.home);
  const first = Promise.withResolvers<StackAddresses>();
  let addresses: StackAddresses | undefined;
  let reason: string | undefined;

  const onMessage = (raw: unknown) => {
    const message = StackMessage.parse(raw);
    if (message.type === "progress") hooks.progress(describePart(message.part, message.detail));
    else if (message.type === "failed") reason = message.sentence;
    else if (addresses === undefined) {
      addresses = message.stack;
      spec.env = { NOFX_STACK: JSON.stringify({ ...order, ports: portsOf(addresses) }) };
      first.resolve(addresses);
    } else if (!isDeepStrictEqual(addresses, message.stack)) hooks.moved();
  };
  const spec: ProcessSpec = {
    name: "stack",
    script: fileURLToPath(new URL("./main.ts", import.meta.url)),
    cwd: root,
    env: { NOFX_STACK: JSON.stringify(order) },
    log,
    followParent: false,
    onMessage,
  };
  const kept = keepRunning(spec, {
    start: hooks.start,
    crash: (crash) => {
      if (addresses !== undefined) return hooks.crash(crash);
      kept.kill();
      first.reject(new Sentence(reason ?? unexplained(describeEnd(crash.ended), log)));
    },
  });
  const aborted = () => first.reject(hooks.signal.reason);
  hooks.signal.addEventListener("abort", aborted, { once: true });
  try {
    return { process: kept, addresses: await first.promise };
  } catch (error) {
    await kept.stop({ hurryMs: 8_000, killMs: 10_000 });
    throw error;
  } finally {
    hooks.signal.removeEventListener("abort", aborted);
  }
}

/** Where it is: a restart goes there again. */
export function portsOf(addresses: StackAddresses): StackOrder["ports"] {
  const port = (url: string | undefined) => Number(new URL(url ?? "").port);
  return {
    postgres: port(addresses.databaseUrls["postgres"]),
    gateway: port(addresses.gatewayUrl),
  };
}

function describePart(part: string, detail: string): string {
  const names: Record<string, string> = {
    postgres: "Postgres",
    bootstrap: "roles",
    migrations: "migrations",
    gateway: "API",
  };
  return `${names[part] ?? part}${detail === "" ? "" : ` ${detail}`}`;
}

function unexplained(end: string, log: string): string {
  const lines = tailLog(log, 8).join("\n");
  return `The local stack did not start (${end}). Its log is ${shown(log)}:\n${lines}`;
}
