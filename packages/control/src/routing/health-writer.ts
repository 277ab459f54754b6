import type { HealthOptions } from "@nofx/core/model-router";
import type { Clock } from "@nofx/core/seams";
import type { DB } from "@nofx/db/types";
import type { Kysely } from "kysely";
import type { HealthBook } from "./health-book.ts";
import { writeHealth } from "./write-health.ts";

const PERIOD_MS = 500;

/** Writes down what a process has seen of health: twice a second while there is something, at once where others should know. */
export interface HealthWriter {
  wake(urgent: boolean): void;
  flush(): Promise<void>;
  close(): Promise<void>;
}

export function createHealthWriter(deps: {
  db: Kysely<DB>;
  clock: Clock;
  book: HealthBook;
  options: HealthOptions;
}): HealthWriter {
  const { db, clock, book, options } = deps;
  let cancel: (() => void) | undefined;
  let writing: Promise<void> | undefined;
  let closed = false;

  const write = async (): Promise<void> => {
    const batch = book.unwritten();
    if (batch.length === 0) return;
    for (const { unwritten, window, at } of await writeHealth(db, batch, options)) {
      book.wrote(unwritten, window, at);
    }
  };
  /** One at a time: two of one process would only wait for each other's rows. */
  const flush = async (): Promise<void> => {
    while (writing !== undefined) await writing.catch(() => undefined);
    writing = write().finally(() => {
      writing = undefined;
    });
    await writing;
  };
  const later = (ms: number) => {
    cancel = clock.timer(ms, run, { background: true });
  };
  const run = () => {
    cancel = undefined;
    // what could not be written is tried again; calls go on with what this process knows
    flush().then(
      () => book.unwritten().length > 0 && wake(false),
      () => wake(false),
    );
  };
  const wake = (urgent: boolean) => {
    if (closed) return;
    if (urgent) {
      cancel?.();
      later(0);
    } else if (cancel === undefined) later(PERIOD_MS);
  };

  return {
    wake,
    flush,
    async close() {
      closed = true;
      cancel?.();
      await flush();
    },
  };
}
