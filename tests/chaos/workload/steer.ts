import { setTimeout as delay } from "node:timers/promises";
import type { ChaosDatabase } from "../database.ts";
import type { Client } from "./client.ts";
import type { Person } from "./people.ts";

interface Steering {
  readonly database: ChaosDatabase;
  readonly client: Client;
  readonly person: Person;
  readonly random: () => number;
  readonly signal: AbortSignal;
}

const EVERY_MS = 2_000;

/** People who change their minds: now and then a run is called off, or stands still for a while. */
export async function steerRuns(options: Steering): Promise<void> {
  const { database, client, person, random, signal } = options;
  while (await pause(EVERY_MS * (0.5 + random()), signal)) {
    const open = await database.ask<{ id: string }>(
      "select id from runs where status in ('queued', 'running') and compensation = 'none' order by id",
    );
    const run = open[Math.floor(random() * open.length)];
    if (run === undefined) continue;
    if (random() < 0.5) await client.cancel(person, run.id);
    else {
      await client.pause(person, run.id);
      await pause(1_000, signal);
      await client.resume(person, run.id);
    }
  }
}

/** Somebody who tries again what has failed for good. */
export async function redriveDeadLetters(options: Steering): Promise<void> {
  const { database, client, person, signal } = options;
  while (await pause(3 * EVERY_MS, signal)) {
    const letters = await database.ask<{ id: string }>(
      "select id from dead_letters where status = 'new' order by id limit 2",
    );
    for (const { id } of letters) await client.redrive(person, id);
  }
}

/** Whether there is to be another round after that. */
async function pause(ms: number, signal: AbortSignal): Promise<boolean> {
  await delay(ms, undefined, { signal }).catch(() => {});
  return !signal.aborted;
}
