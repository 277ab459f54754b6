import { Interrupted } from "../errors.ts";

export interface StopSignals {
  /** Aborts, with `Interrupted`, when somebody wants us to end. */
  readonly signal: AbortSignal;
  /** Calls back when they want it at once. */
  onHurry(hurry: () => void): void;
  forget(): void;
}

const SIGNALS = ["SIGINT", "SIGTERM", "SIGHUP"] as const;

/** Ctrl-C, a kill, a closed terminal: the first asks to end, the second insists. */
export function stopSignals(): StopSignals {
  const first = new AbortController();
  let hurry: () => void = () => {};
  const stop = () => {
    if (first.signal.aborted) hurry();
    else first.abort(new Interrupted());
  };
  for (const name of SIGNALS) process.on(name, stop);
  // A terminal that was closed takes no more text; that must not end us half-way.
  process.stdout.on("error", () => {});
  process.stderr.on("error", () => {});
  return {
    signal: first.signal,
    onHurry: (callback) => {
      hurry = callback;
    },
    forget: () => {
      for (const name of SIGNALS) process.off(name, stop);
    },
  };
}
