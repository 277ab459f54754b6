import { setTimeout as delay } from "node:timers/promises";
import type { RunningProcess } from "./start-process.ts";

export interface Patience {
  /** When the second, impatient signal follows. */
  hurryMs: number;
  /** When its whole group is killed. */
  killMs: number;
}

/** Asks a process to end, asks again, then ends it. What it left in its group ends too. */
export async function stopProcess(process: RunningProcess, patience: Patience): Promise<void> {
  const over = process.ended.then(
    () => true,
    () => true,
  );
  const within = (ms: number) => Promise.race([over, delay(ms, false, { ref: false })]);
  process.signal("SIGTERM");
  if (!(await within(patience.hurryMs))) {
    process.signal("SIGTERM");
    await within(patience.killMs - patience.hurryMs);
  }
  process.killGroup();
  await over;
}
