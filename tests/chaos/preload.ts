// Loaded before a process of the chaos run (node --import). It ends with the run, however the run ends, and its wall clock
// is wrong by NOFX_CHAOS_CLOCK_MS, or jumps an hour to and fro every two seconds ("jumping"). Timers and performance.now()
// stay right, as on a machine whose clock somebody sets.

import { flushCompileCache } from "node:module";

// the next process starts in half the time; one that is killed does not store what it compiled by itself
setTimeout(flushCompileCache, 2_000).unref();

process.channel?.unref();
process.once("disconnect", () => process.kill(process.pid, "SIGKILL"));

const told = process.env["NOFX_CHAOS_CLOCK_MS"] ?? "0";
const JUMP_MS = 3_600_000;

const offset =
  told === "jumping"
    ? () => (Math.floor(performance.now() / 2_000) % 2 === 0 ? JUMP_MS : -JUMP_MS)
    : () => Number(told);

const RealDate = Date;

class WrongDate extends RealDate {
  constructor(...given: unknown[]) {
    if (given.length === 0) super(RealDate.now() + offset());
    else super(...(given as []));
  }

  static override now(): number {
    return RealDate.now() + offset();
  }
}

if (told !== "0") globalThis.Date = WrongDate as DateConstructor;
