import { setTimeout as delay } from "node:timers/promises";
import { Sentence } from "../errors.ts";
import { home } from "../paths.ts";
import { clearLeftovers } from "../system/leftovers.ts";
import { isAlive, readState, removeState } from "../system/state.ts";

const PATIENCE_MS = 30_000;

/** `nofx stop`: asks what runs in this clone to end, and waits until it has. */
export async function stop(): Promise<void> {
  const state = readState(home);
  if (state === undefined || !isAlive(state)) {
    const left = state === undefined ? 0 : await clearLeftovers(home);
    if (state !== undefined) removeState(home);
    console.log(
      left === 0 ? "Nothing runs in this clone." : "What an earlier start left behind has ended.",
    );
    return;
  }
  process.kill(state.pid, "SIGTERM");
  const until = Date.now() + PATIENCE_MS;
  while (isAlive(state)) {
    if (Date.now() > until) {
      throw new Sentence(
        `Process ${state.pid} has not ended after ${PATIENCE_MS / 1000} s. End it with: kill -9 ${state.pid}`,
      );
    }
    await delay(50);
  }
  console.log("Stopped. Everything is kept for the next start.");
}
