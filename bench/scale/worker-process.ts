// A process with several workers, told by its parent what to do: of bench:workers and bench:fairness.
import { startWorker, DONE, type BenchWorker } from "../lib/worker.ts";
import type { FromProcess, ToProcess } from "./processes.ts";

const workers: BenchWorker[] = [];
let first: number | undefined;
let latencies: number[] = [];

/** All processes of a machine share this clock. */
const now = () => Number(process.hrtime.bigint()) / 1e6;
const tell = (message: FromProcess): void => void process.send?.(message);

async function follow(message: ToProcess): Promise<void> {
  switch (message.type) {
    case "start": {
      const { connectionString, names, env, workMs } = message;
      for (const name of names) {
        const work = async (json: unknown) => {
          const at = now();
          first ??= at;
          const { sentAt } = json as { sentAt?: number };
          if (sentAt !== undefined) latencies.push(at - sentAt);
          // of differing length, as work is: equal ones that began together would end together for ever
          const ms = workMs * (0.5 + Math.random());
          if (workMs > 0) await new Promise((resolve) => setTimeout(resolve, ms));
          return DONE;
        };
        workers.push(await startWorker({ connectionString, name, env, work, closed: true }));
      }
      tell({ type: "started" });
      return;
    }
    case "open":
      for (const worker of workers) worker.open(message.yes);
      return;
    case "report": {
      const conflicts = workers.reduce(
        (sum, { metrics }) => sum + metrics.total("nofx_claim_conflicts_total"),
        0,
      );
      tell({ type: "report", first, conflicts, latencies });
      latencies = [];
      first = undefined;
      return;
    }
    case "stop":
      await Promise.all(workers.splice(0).map((worker) => worker.stop()));
      process.exit(0);
  }
}

process.on("message", (message: ToProcess) => {
  follow(message).catch((error: unknown) => {
    console.error(error);
    process.exit(1);
  });
});
process.once("disconnect", () => process.exit(0));
