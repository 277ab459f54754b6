import { readFileSync } from "node:fs";
import { join } from "node:path";

const ROOT = join(import.meta.dirname, "../..");
/** Asks providers of models, by the worker that leads: a database of the bench names none. */
const NOTHING_TO_DO = new Set(["probeLoop("]);
const loopsOf = (file: string) =>
  new Set(readFileSync(join(ROOT, file), "utf8").match(/\b\w+Loop\(/g) ?? []);

/** Throws where the real worker starts a loop that the bench's does not: what is always on must be on where it is measured. */
export function assertSameLoops(): void {
  const ours = loopsOf("bench/lib/worker.ts");
  const missing = [...loopsOf("apps/worker/src/main.ts")].filter(
    (loop) => !ours.has(loop) && !NOTHING_TO_DO.has(loop),
  );
  if (missing.length > 0) {
    throw new Error(`bench/lib/worker.ts lacks what apps/worker starts: ${missing.join(", ")}`);
  }
}
