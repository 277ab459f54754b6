import { setTimeout as delay } from "node:timers/promises";
import type { ChaosDatabase } from "../database.ts";
import type { Fleet, Place } from "../fleet.ts";
import type { PostgresProxy } from "../proxy/proxy.ts";
import type { History } from "../workload/history.ts";

/** What faults can reach. */
export interface Target {
  readonly database: ChaosDatabase;
  readonly fleet: Fleet;
  readonly proxy: PostgresProxy;
  readonly history: History;
  readonly random: () => number;
  readonly leaseMs: number;
  readonly signal: AbortSignal;
}

export interface Fault {
  readonly name: string;
  /** What counts as having bitten, in words. */
  readonly bites: string;
  /** So many must bite in a minute. */
  readonly perMinute: number;
  /** Does it once; answers whether it hit something. */
  readonly inject: (target: Target) => Promise<boolean>;
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
    if (tally.bit < fault.perMinute * MARGIN * minutes) {
      tally.injected += 1;
      if (await fault.inject(target)) tally.bit += 1;
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

/** A worker that holds leases and that no other fault has; undefined when there is none. */
export async function takeBusyWorker(target: Target): Promise<Place | undefined> {
  const held = await target.database.ask<{ lease_owner: string }>(
    "select distinct lease_owner from steps where status in ('assigned', 'running') and executor = 'worker'",
  );
  const names = new Set(held.map((row) => row.lease_owner));
  const places = target.fleet.places.filter(({ worker, busy }) => !busy && names.has(worker.name));
  const place = places[Math.floor(target.random() * places.length)];
  if (place !== undefined) place.busy = true;
  return place;
}
