import * as leases from "@nofx/db/leases";

export type { RelayAttempt, RelayEvent, RelayHold, RelayLease, RelayNotice } from "@nofx/db/leases";

/** Leases of endpoints, and what became of what they were told. Every write after the claim is fenced by its version. */
export interface RelayStore {
  /** Endpoints that are due, leased to this process, each with its next events. */
  claim(ask: { limit: number; batch: number; leaseMs: number }): Promise<leases.RelayLease[]>;
  /** Moves the cursor and renews the lease; false when it is another's by now. */
  delivered(
    hold: leases.RelayHold,
    attempt: leases.RelayAttempt,
    leaseMs: number,
  ): Promise<boolean>;
  /** What people are told beside the kinds of these events; undefined when the lease is another's by now. */
  notice(
    hold: leases.RelayHold,
    events: readonly leases.RelayEvent[],
  ): Promise<leases.RelayNotice | undefined>;
  /** One mail listed them all: the cursor moves to the last, the endpoint rests, the lease goes on. */
  digested(
    hold: leases.RelayHold,
    attempts: readonly leases.RelayAttempt[],
    restMs: number,
  ): Promise<boolean>;
  /** Ends the lease; the endpoint rests for `retryMs`, or is disabled. */
  failed(
    hold: leases.RelayHold,
    attempt: leases.RelayAttempt,
    next: { retryMs: number; gone: boolean; giveUpMs: number },
  ): Promise<"retry" | "disabled" | "lost">;
  release(hold: leases.RelayHold, scannedTo: number | null): Promise<boolean>;
  prune(limit: number): Promise<number>;
}

export function createRelayStore(
  db: leases.EngineDb,
  relay: string,
  call: <T>(work: Promise<T>) => Promise<T>,
): RelayStore {
  return {
    claim: (ask) => call(leases.relayClaim(db, relay, ask)),
    delivered: (hold, attempt, leaseMs) => call(leases.relayDelivered(db, hold, attempt, leaseMs)),
    notice: (hold, events) => call(leases.relayNotice(db, hold, events)),
    digested: (hold, attempts, restMs) => call(leases.relayDigested(db, hold, attempts, restMs)),
    failed: (hold, attempt, next) => call(leases.relayFailed(db, hold, attempt, next)),
    release: (hold, scannedTo) => call(leases.relayRelease(db, hold, scannedTo)),
    prune: (limit) => call(leases.relayPrune(db, limit)),
  };
}
