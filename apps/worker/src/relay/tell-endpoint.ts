import type { RelayEvent, RelayLease } from "@nofx/control/steps";
import { persist } from "../loop/persist.ts";
import { TIMEOUT_MS, type Telling } from "./post.ts";
import { GIVE_UP_MS, restMs } from "./schedule.ts";
import { sendEvent } from "./send-event.ts";
import { sendSlack } from "./send-slack.ts";
import { tellByMail } from "./tell-by-mail.ts";
import type { TellPorts } from "./tell-ports.ts";

export const LEASE_MS = 45_000;

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
  if (lease.format === "email") return tellByMail(lease, ports, signal);
  const { store, seams, onTold } = ports;
  const { clock, random } = seams;
  const hold = { webhookId: lease.webhook_id, version: lease.version };
  const send = await senderOf(lease, ports, signal);
  if (send === undefined) return;
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
    const told = await send(event);
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

/** How an event is sent to this endpoint; undefined when the lease is another's by now. */
async function senderOf(
  lease: RelayLease,
  { store, seams: { clock }, allowed, publicUrl }: TellPorts,
  signal: AbortSignal,
): Promise<((event: RelayEvent) => Promise<Telling>) | undefined> {
  const { format, url, events } = lease;
  const ports = { clock, allowed, signal };
  if (format !== "slack" || events.length === 0) return (event) => sendEvent(lease, event, ports);
  const hold = { webhookId: lease.webhook_id, version: lease.version };
  const notice = await store.notice(hold, events);
  if (notice === undefined) return undefined;
  return (event) => sendSlack(url, event, notice.facts[event.id], { ...ports, publicUrl });
}
