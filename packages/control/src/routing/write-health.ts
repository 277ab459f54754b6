import {
  beginTrial,
  observe,
  viewOf,
  type HealthOptions,
  type HealthWindow,
} from "@nofx/core/model-router";
import { withTransaction } from "@nofx/db/client";
import { lockHealth, storeHealth, type HealthKey, type UnwellRecord } from "@nofx/db/queries";
import type { DB } from "@nofx/db/types";
import type { Kysely } from "kysely";
import type { Unwritten } from "./health-book.ts";

export interface WrittenHealth {
  readonly unwritten: Unwritten;
  readonly window: HealthWindow;
  readonly at: number;
}

/**
 * Adds what one process has seen to what all have, under the rows' locks: no outcome is lost and none counts twice, however many
 * processes write at the same time.
 */
export function writeHealth(
  db: Kysely<DB>,
  batch: readonly Unwritten[],
  options: HealthOptions,
): Promise<WrittenHealth[]> {
  return withTransaction(db, async (tx) => {
    const locked = await lockHealth(
      tx,
      batch.map(({ key }) => key),
    );
    const rows = locked.flatMap(({ key, window, now }) => {
      const unwritten = batch.find((one) => one.key === key);
      if (unwritten === undefined) return [];
      const next = unwritten.outcomes.reduce(
        (before, outcome) => observe(before, outcome, now, options),
        window,
      );
      const { state, errorRate } = viewOf(next, now, options);
      return [{ unwritten, stored: { key, window: next, state, errorRate } }];
    });
    const at = await storeHealth(
      tx,
      rows.map(({ stored }) => stored),
    );
    return rows.map(({ unwritten, stored }) => ({ unwritten, window: stored.window, at }));
  });
}

/** Writes the state of what was not well where time alone has changed it, so that it is told and found as it is. */
export async function settleHealth(
  db: Kysely<DB>,
  unwell: readonly UnwellRecord[],
  options: HealthOptions,
): Promise<void> {
  if (unwell.length === 0) return;
  await withTransaction(db, async (tx) => {
    const rows = (await lockHealth(tx, unwell)).flatMap(({ key, window, now }) => {
      const { state, errorRate } = viewOf(window, now, options);
      const before = unwell.find((one) => one === key)?.state;
      return state === before ? [] : [{ key, window, state, errorRate }];
    });
    if (rows.length > 0) await storeHealth(tx, rows);
  });
}

/** Takes the only trial of what was left alone; whoever comes second is told how it stands, and that it is not theirs. */
export function claimTrial(
  db: Kysely<DB>,
  key: HealthKey,
  options: HealthOptions,
): Promise<{ claimed: boolean; window: HealthWindow; at: number } | undefined> {
  return withTransaction(db, async (tx) => {
    const [locked] = await lockHealth(tx, [key]);
    if (locked === undefined) return undefined;
    const { window, now } = locked;
    const begun = beginTrial(window, now, options);
    if (begun === undefined) return { claimed: false, window, at: now };
    const { state, errorRate } = viewOf(begun, now, options);
    const at = await storeHealth(tx, [{ key, window: begun, state, errorRate }]);
    return { claimed: true, window: begun, at };
  });
}
