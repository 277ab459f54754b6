import type { AllowedHosts } from "@nofx/control/net";
import type { RelayLease, RelayStore } from "@nofx/control/steps";
import type { Seams } from "@nofx/core/seams";
import { persist } from "../loop/persist.ts";
import { GIVE_UP_MS, restMs } from "./schedule.ts";
import { sendEvent, TIMEOUT_MS } from "./send-event.ts";

export const LEASE_MS = 45_000;

export interface TellPorts {
  readonly store: RelayStore;
  readonly seams: Pick<Seams, "clock" | "random">;
  readonly allowed: AllowedHosts;
  readonly onTold: (outcome: "delivered" | "failed" | "disabled") => void;
}

/**
 * Tells one endpoint of its events, one after the other, for as long as the lease lasts. An event that is not taken stays
 * at the head and the endpoint rests: nothing overtakes it. Taken and not noted (this process dies in between) is sent
 * again under the same id.
 */
export async function tellEndpoint(
  lease: RelayLease,
  leasedAt: number,
  ports: TellPorts,
  signal: AbortSignal,
): Promise<void> {
  const { store, seams, allowed, onTold } = ports;
  const { clock, random } = seams;
  const hold = { webhookId: lease.webhook_id, version: lease.version };
  let trustedFrom = leasedAt;
  let attempts = lease.attempts;
  for (const event of lease.events) {
    // a request that begins now ends before anybody else may begin one
    const left = trustedFrom + LEASE_MS - clock.now();
    if (signal.aborted || left < 2 * TIMEOUT_MS) {
      await store.release(hold, null);
      return;
    }
    attempts += 1;
    const told = await sendEvent(lease, event, { clock, allowed, signal });
    if (!told.taken && signal.aborted) {
      await store.release(hold, null);
      return;
    }
    const { httpStatus, error, tookMs } = told;
    const { id: eventId, type, seq } = event;
    const attempt = { eventId, type, seq, attempt: attempts, httpStatus, error, tookMs };
    const notedAt = clock.now();
    if (!told.taken) {
      const retryMs = restMs(attempts, random(), told.retryAfterMs);
      const next = { retryMs, gone: told.gone, giveUpMs: GIVE_UP_MS };
      const outcome = await persist({ clock, signal }, () => store.failed(hold, attempt, next));
      onTold(outcome === "disabled" ? "disabled" : "failed");
      return;
    }
    const held = await persist({ clock, signal }, () => store.delivered(hold, attempt, LEASE_MS));
    onTold("delivered");
    if (!held) return;
    trustedFrom = notedAt;
    attempts = 0;
  }
  await store.release(hold, lease.scanned_to);
}
