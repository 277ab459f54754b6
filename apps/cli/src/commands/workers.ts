import { randomUUID } from "node:crypto";
import type { WorkerView } from "@nofx/core/api";
import { connectRunning } from "../client/connect-running.ts";
import { bold, columns, dim, green, printable, red, yellow } from "../terminal/style.ts";

const PAINT: Record<WorkerView["status"], (text: string) => string> = {
  active: green,
  draining: yellow,
  silent: red,
  stopped: dim,
};

/** `nofx workers`: who is there, by name. */
export async function workers(options: { all?: boolean; json?: boolean }): Promise<void> {
  const { api } = await connectRunning("operator");
  const page = await api.workers({ all: options.all, limit: 200 });
  if (options.json === true) return console.log(JSON.stringify(page));
  if (page.items.length === 0) return console.log("No worker is there: steps wait.");
  for (const line of columns(page.items.map(row))) console.log(line);
}

function row(worker: WorkerView): string[] {
  return [
    PAINT[worker.status](worker.status),
    bold(printable(worker.name)),
    `${worker.inFlight}/${worker.concurrency} steps`,
    `version ${printable(worker.version)}`,
    dim(worker.handlers.map(printable).join(" ")),
  ];
}

/** `nofx workers drain NAME`. */
export async function drain(name: string): Promise<void> {
  const { api } = await connectRunning("operator");
  const worker = await api.drainWorker(name, randomUUID());
  console.log(
    `${printable(worker.name)} claims nothing more and ends the ${worker.inFlight} steps that it holds. To take it back: npx nofx workers undrain ${printable(name)}`,
  );
}

/** `nofx workers undrain NAME`. */
export async function undrain(name: string): Promise<void> {
  const { api } = await connectRunning("operator");
  const worker = await api.undrainWorker(name, randomUUID());
  console.log(`${printable(worker.name)} claims again.`);
}
