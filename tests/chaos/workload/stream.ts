import { setTimeout as delay } from "node:timers/promises";
import type { ChaosDatabase } from "../database.ts";
import type { Client } from "./client.ts";
import type { Documents } from "./documents.ts";
import type { Person } from "./people.ts";

/** A continual stream of runs: new ones as long as fewer than `most` are unfinished. Ends with the signal. */
export async function streamRuns(options: {
  database: ChaosDatabase;
  client: Client;
  documents: Documents;
  person: Person;
  most: number;
  signal: AbortSignal;
}): Promise<void> {
  const { database, client, documents, person, most, signal } = options;
  while (!signal.aborted) {
    const [row] = await database.ask<{ open: number }>(
      "select count(*)::int as open from runs where status in ('queued', 'running')",
    );
    const wanted = Math.min(4, most - (row?.open ?? 0));
    if (wanted <= 0) await delay(200, undefined, { signal }).catch(() => {});
    await Promise.all(
      Array.from({ length: Math.max(0, wanted) }, async () => client.startRun(person, documents)),
    );
  }
}

/** Somebody who answers what is asked, and tells runs that continue others what those were told. */
export async function answerQuestions(options: {
  database: ChaosDatabase;
  client: Client;
  person: Person;
  signal: AbortSignal;
}): Promise<void> {
  const { database, client, person, signal } = options;
  while (!signal.aborted) {
    await delay(500, undefined, { signal }).catch(() => {});
    // a question that could not be read is there the next time
    await client.answer(person).catch(() => 0);
    const waiting = await database.ask<{ key: string }>(
      `select distinct w.key from waits w join runs r on r.id = w.run_id
       where w.status = 'open' and w.kind = 'event' and r.forked_from is not null`,
    );
    for (const { key } of waiting) await client.send(person, key);
  }
}
