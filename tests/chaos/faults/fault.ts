import { setTimeout as delay } from "node:timers/promises";
import type { TestRedis } from "@nofx/db/testing";
import type { ChaosDatabase } from "../database.ts";
import type { Fleet, Place } from "../fleet.ts";
import type { PostgresProxy } from "../proxy/proxy.ts";
import type { History } from "../workload/history.ts";

/** What faults can reach. */
export interface Target {
  readonly database: ChaosDatabase;
  readonly fleet: Fleet;
  readonly proxy: PostgresProxy;
  /** Where the workers are told of steps by way of Redis. */
  readonly redis: TestRedis | undefined;
  readonly history: History;
  readonly random: () => number;
  readonly leaseMs: number;
  /** Ends the agent process at once; another follows it. */
  readonly killAgent: () => void;
  readonly signal: AbortSignal;
}

export interface Fault {
  readonly name: string;
  /** What counts as having bitten, in words. */
  readonly bites: string;
  /** So many must bite in a minute. */
  readonly perMinute: number;
  /** Does it once; answers whether it bit, and "not now" where there was nothing to do it to. */
  readonly inject: (target: Target) => Promise<boolean | "not now">;
}

export interface Tally {
  readonly fault: Fault;
  injected: number;
  bit: number;
}

/** Aims a little above the minimum, so that the last minute need not make up for anything. */
const MARGIN = 1.2;

/** Injects one kind of fault, evenly over the time, until the signal fires. */
export async function keepInjecting(tally: Tally, target: Target): Promise<void> {
  const { fault } = tally;
  const begun = performance.now();
  const { signal } = target;
  while (!signal.aborted) {
    const minutes = (performance.now() - begun) / 60_000;
    if (tally.bit + 0.5 < fault.perMinute * MARGIN * minutes) {
      const bit = await fault.inject(target);
      if (bit !== "not now") tally.injected += 1;
      if (bit === true) tally.bit += 1;
    }
    await pause(200 + target.random() * 600, signal);
  }
}

export async function pause(ms: number, signal: AbortSignal): Promise<void> {
  await delay(ms, undefined, { signal }).catch(() => {});
}

/** Asks until the answer is yes or the time is over. */
export async function within(
  ms: number,
  signal: AbortSignal,
  probe: () => boolean | Promise<boolean>,
): Promise<boolean> {
  const end = performance.now() + ms;
  while (performance.now() < end && !signal.aborted) {
    if (await probe()) return true;
    await pause(50, signal);
  }
  return false;
}

/** The worker that holds the most leases among those that no other fault has; undefined when none holds any. */
export async function takeBusyWorker(target: Target): Promise<Place | undefined> {
  const rows = await target.database.ask<{ name: string; held: number }>(
    `select lease_owner as name, count(*)::int as held from steps
     where status in ('assigned', 'running') and executor = 'worker' group by 1`,
  );
  const held = new Map(rows.map((row) => [row.name, row.held + target.random()]));
  const [place] = target.fleet.places
    .filter(({ worker, busy }) => !busy && held.has(worker.name))
    .toSorted((a, b) => (held.get(b.worker.name) ?? 0) - (held.get(a.worker.name) ?? 0));
  if (place !== undefined) place.busy = true;
  return place;
}
