import { hostname } from "node:os";
import process from "node:process";

/** Who claims, as people read it: the machine and the process. */
export function processName(): string {
  return `${hostname()}:${process.pid}`;
}

/** Calls `stop` on SIGINT and SIGTERM, each time, until the returned function is called. */
export function onStopSignals(stop: () => void): () => void {
  process.on("SIGINT", stop);
  process.on("SIGTERM", stop);
  return () => {
    process.off("SIGINT", stop);
    process.off("SIGTERM", stop);
  };
}
