import { useCallback, useSyncExternalStore } from "react";

const clocks = new Map<number, { now: number; listeners: Set<() => void>; timer: number }>();

function subscribe(every: number, listener: () => void): () => void {
  const clock = clocks.get(every) ?? { now: Date.now(), listeners: new Set(), timer: 0 };
  clocks.set(every, clock);
  clock.listeners.add(listener);
  if (clock.listeners.size === 1) {
    clock.now = Date.now();
    clock.timer = window.setInterval(() => {
      clock.now = Date.now();
      for (const notify of clock.listeners) notify();
    }, every);
  }
  return () => {
    clock.listeners.delete(listener);
    if (clock.listeners.size > 0) return;
    window.clearInterval(clock.timer);
    clocks.delete(every);
  };
}

function read(every: number): number {
  const clock = clocks.get(every);
  return clock ? clock.now : Math.floor(Date.now() / every) * every;
}

/**
 * The time where `useNow` has none yet. Server and browser may differ in it: for what is drawn with
 * `suppressHydrationWarning`, and anew once the clock runs.
 */
export function guessNow(every: number): number {
  return read(every);
}

/**
 * The time, refreshed every `every` milliseconds by one timer however many read it. `null` on the server and during
 * hydration, where two clocks would disagree.
 */
export function useNow(every = 1_000): number | null {
  // Kept from render to render: a new function would subscribe anew, and a new subscription reads a new time.
  const listen = useCallback((listener: () => void) => subscribe(every, listener), [every]);
  return useSyncExternalStore<number | null>(
    listen,
    () => read(every),
    () => null,
  );
}
