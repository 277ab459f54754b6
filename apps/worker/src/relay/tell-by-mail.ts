import type { RelayLease } from "@nofx/control/steps";
import { persist } from "../loop/persist.ts";
import { GIVE_UP_MS, restMs } from "./schedule.ts";
import { sendMail } from "./send-mail.ts";
import type { TellPorts } from "./tell-ports.ts";

/** After a mail a channel rests: what happens meanwhile is listed by the next one. */
export const DIGEST_MS = 60_000;

/**
 * Tells people of all that has happened, in one mail. Which events it lists is fixed before it is sent: where it is not taken, or
 * this process dies, the next attempt is the same mail.
 */
export async function tellByMail(
  lease: RelayLease,
  ports: TellPorts,
  signal: AbortSignal,
): Promise<void> {
  const { store, seams, mailer, publicUrl, onTold } = ports;
  const { clock, random } = seams;
  const { events } = lease;
  const hold = { webhookId: lease.webhook_id, version: lease.version };
  const [first] = events;
  if (first === undefined || signal.aborted) {
    await store.release(hold, first === undefined ? lease.scanned_to : null);
    return;
  }
  const notice = await store.notice(hold, events);
  if (notice === undefined) return;
  const by = { clock, mailer, publicUrl, signal };
  const told = await sendMail(lease.webhook_id, events, notice, by);
  if (!told.taken && signal.aborted) {
    await store.release(hold, null);
    return;
  }
  const { httpStatus, error, tookMs } = told;
  const attempt = lease.attempts + 1;
  const attemptAt = ({ id: eventId, type, seq }: (typeof events)[number]) => ({
    eventId,
    type,
    seq,
    attempt,
    httpStatus,
    error,
    tookMs,
  });
  if (!told.taken) {
    const next = { retryMs: restMs(attempt, random()), gone: told.gone, giveUpMs: GIVE_UP_MS };
    const outcome = await persist({ clock, signal }, () =>
      store.failed(hold, attemptAt(first), next),
    );
    onTold(outcome === "disabled" ? "disabled" : "failed");
    return;
  }
  const rows = events.map(attemptAt);
  const held = await persist({ clock, signal }, () => store.digested(hold, rows, DIGEST_MS));
  onTold("delivered");
  if (held) await store.release(hold, lease.scanned_to);
}
