import {
  NO_HEALTH,
  observe,
  UNKNOWN_HEALTH,
  viewOf,
  type CallOutcome,
  type HealthOptions,
  type HealthView,
  type HealthWindow,
} from "@nofx/core/model-router";
import type { HealthKey } from "@nofx/db/queries";

/** How old a view may be that nothing has happened to: a pause ends so late. A trial is due at its instant. */
const VIEW_MS = 200;
/** Of one key, while the database cannot be reached. */
const MOST_PENDING = 1_000;

interface Entry {
  readonly key: HealthKey;
  /** As it is written, and when. */
  base: HealthWindow;
  at: number;
  /** What is not written yet. */
  pending: readonly CallOutcome[];
  /** Both of these. */
  window: HealthWindow;
  view: HealthView;
  viewedAt: number;
}

/** What of one key is to be written. */
export interface Unwritten {
  readonly key: HealthKey;
  readonly outcomes: readonly CallOutcome[];
}

/**
 * Health as this process knows it: what is written, and on top what it has seen itself and not written yet. Both are windows of the
 * same reducer, so what a process sees itself counts at once, and what others see as soon as it is read.
 */
export interface HealthBook {
  /** Takes what is written, unless something newer is known. */
  take(key: HealthKey, window: HealthWindow, at: number): void;
  /** Answers whether others should know soon: a breaker or a pause has changed. */
  note(key: HealthKey, outcome: CallOutcome): boolean;
  /** The same object as long as it is the same view. By `healthName`: whoever asks of many makes the names once. */
  viewOf(name: string, now: number): HealthView;
  unwritten(): Unwritten[];
  /** What was unwritten is in the window that was written at `at`. */
  wrote(unwritten: Unwritten, window: HealthWindow, at: number): void;
  /** Nobody has asked for this tenant's for long. */
  forget(tenantId: string): void;
}

export function createHealthBook(options: HealthOptions): HealthBook {
  const entries = new Map<string, Entry>();

  const entryOf = (key: HealthKey): Entry => {
    const name = healthName(key);
    const known = entries.get(name);
    if (known !== undefined) return known;
    const entry: Entry = {
      key,
      base: NO_HEALTH,
      at: 0,
      pending: [],
      window: NO_HEALTH,
      view: UNKNOWN_HEALTH,
      viewedAt: -Infinity,
    };
    entries.set(name, entry);
    return entry;
  };
  const lay = (entry: Entry, base: HealthWindow, at: number) => {
    entry.base = base;
    entry.at = at;
    entry.window = entry.pending.reduce(
      (window, outcome) => observe(window, outcome, outcome.at, options),
      base,
    );
    entry.viewedAt = -Infinity;
  };

  return {
    take(key, window, at) {
      const entry = entryOf(key);
      if (at >= entry.at) lay(entry, window, at);
    },
    note(key, outcome) {
      const entry = entryOf(key);
      const { breaker, rateLimit } = entry.window;
      entry.pending = [...entry.pending, outcome].slice(-MOST_PENDING);
      entry.window = observe(entry.window, outcome, outcome.at, options);
      entry.viewedAt = -Infinity;
      return entry.window.breaker.open !== breaker.open || entry.window.rateLimit !== rateLimit;
    },
    viewOf(name, now) {
      const entry = entries.get(name);
      if (entry === undefined) return UNKNOWN_HEALTH;
      const { open, until } = entry.window.breaker;
      const isDue = open && entry.viewedAt < until && until <= now;
      if (isDue || now - entry.viewedAt > VIEW_MS) {
        const view = viewOf(entry.window, now, options);
        if (!isSame(view, entry.view)) entry.view = view;
        entry.viewedAt = now;
      }
      return entry.view;
    },
    unwritten: () =>
      [...entries.values()]
        .filter(({ pending }) => pending.length > 0)
        .map(({ key, pending }) => ({ key, outcomes: pending })),
    wrote({ key, outcomes }, window, at) {
      const entry = entryOf(key);
      const written = new Set(outcomes);
      entry.pending = entry.pending.filter((outcome) => !written.has(outcome));
      lay(entry, window, at);
    },
    forget(tenantId) {
      for (const [name, { key, pending }] of entries) {
        if (key.tenantId === tenantId && pending.length === 0) entries.delete(name);
      }
    },
  };
}

export const healthName = ({ tenantId, provider, model, region }: HealthKey) =>
  `${tenantId ?? ""} ${provider} ${model} ${region}`;

function isSame(a: HealthView, b: HealthView): boolean {
  return (
    a.state === b.state &&
    a.errorRate === b.errorRate &&
    a.p50Ms === b.p50Ms &&
    a.p95Ms === b.p95Ms &&
    a.rateLimitedUntil === b.rateLimitedUntil &&
    a.samples === b.samples
  );
}
