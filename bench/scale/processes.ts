import { fork, type ChildProcess } from "node:child_process";
import { join } from "node:path";

export type ToProcess =
  | {
      type: "start";
      connectionString: string;
      names: string[];
      env: Record<string, string>;
      /** How long a job takes on average, from half of it to one and a half, without computing. */
      workMs: number;
    }
  | { type: "open"; yes: boolean }
  | { type: "report" }
  | { type: "stop" };

export type FromProcess =
  | { type: "started" }
  | { type: "report"; first: number | undefined; conflicts: number; latencies: number[] };

type Report = Extract<FromProcess, { type: "report" }>;

export interface WorkerProcesses {
  /** Whether they claim; not before they are told so. */
  open(yes: boolean): void;
  /** All workers together: conflicts since they started, the first start and latencies since the last report. */
  report(): Promise<{ first: number; conflicts: number; latencies: number[] }>;
  stop(): Promise<void>;
}

/** Starts so many workers, closed, shared out among so many processes. */
export async function startWorkers(options: {
  connectionString: string;
  count: number;
  processes: number;
  env?: Record<string, string>;
  workMs?: number;
}): Promise<WorkerProcesses> {
  const { connectionString, count, processes, env = {}, workMs = 0 } = options;
  const children = Array.from({ length: Math.min(count, processes) }, () =>
    fork(join(import.meta.dirname, "worker-process.ts")),
  );
  await Promise.all(
    children.map((child, i) => {
      const own = Array.from({ length: count }, (_, n) => n).filter(
        (n) => n % children.length === i,
      );
      const names = own.map((n) => `worker-${n}`);
      return ask(child, { type: "start", connectionString, names, env, workMs }, "started");
    }),
  );
  return {
    open(yes) {
      for (const child of children) child.send({ type: "open", yes } satisfies ToProcess);
    },
    async report() {
      const all = await Promise.all(
        children.map((child) => ask(child, { type: "report" }, "report") as Promise<Report>),
      );
      return {
        first: Math.min(...all.flatMap(({ first }) => (first === undefined ? [] : [first]))),
        conflicts: all.reduce((sum, { conflicts }) => sum + conflicts, 0),
        latencies: all.flatMap(({ latencies }) => latencies),
      };
    },
    async stop() {
      await Promise.all(
        children.map(
          (child) =>
            new Promise<void>((resolve) => {
              child.once("exit", () => resolve());
              child.send({ type: "stop" } satisfies ToProcess);
              setTimeout(() => child.kill("SIGKILL"), 10_000).unref();
            }),
        ),
      );
    },
  };
}

function ask(
  child: ChildProcess,
  message: ToProcess,
  answer: FromProcess["type"],
): Promise<FromProcess> {
  return new Promise((resolve, reject) => {
    const heard = (said: FromProcess) => {
      if (said.type !== answer) return;
      child.off("message", heard);
      resolve(said);
    };
    child.on("message", heard);
    child.once("exit", (code) => reject(new Error(`A process of workers ended with ${code}.`)));
    child.send(message);
  });
}
