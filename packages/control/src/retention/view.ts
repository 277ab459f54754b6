import { RetentionPolicy, RetentionView } from "@nofx/core/api";
import type { StoredRetention } from "@nofx/db/queries";

const NAMES = {
  archiveAfterSeconds: "archive_after_seconds",
  deleteAfterDays: "delete_after_days",
  eventsAfterDays: "events_after_days",
} as const satisfies Record<keyof RetentionPolicy, keyof StoredRetention>;
const KEYS = Object.keys(NAMES) as (keyof RetentionPolicy)[];

export function toRetentionView(stored: {
  own: StoredRetention;
  plane: StoredRetention;
}): RetentionView {
  const own = read(stored.own);
  const plane = RetentionPolicy.parse({
    archiveAfterSeconds: null,
    deleteAfterDays: null,
    eventsAfterDays: null,
    ...read(stored.plane),
  });
  return RetentionView.parse({ ...plane, ...own, own, plane });
}

function read(stored: StoredRetention): Partial<RetentionPolicy> {
  const said = KEYS.filter((key) => stored[NAMES[key]] !== undefined);
  return Object.fromEntries(said.map((key) => [key, stored[NAMES[key]]]));
}

type Said = { [K in keyof RetentionPolicy]?: RetentionPolicy[K] | undefined };

export function toStored(policy: Said): StoredRetention {
  const said = KEYS.filter((key) => policy[key] !== undefined);
  return Object.fromEntries(said.map((key) => [NAMES[key], policy[key]]));
}
