import type { RelayEvent, RelayNotice } from "@nofx/control/steps";
import { describeEvent, LISTED, mailBody } from "@nofx/core/notices";
import { abortAfter, type Clock } from "@nofx/core/seams";
import { createTransport } from "nodemailer";
import { TIMEOUT_MS, type Telling } from "./post.ts";

/** Sends mails through one server, from one address. */
export interface Mailer {
  readonly from: string;
  send(message: Parameters<ReturnType<typeof createTransport>["sendMail"]>[0]): Promise<unknown>;
}

/** `url`: `smtp://user:password@host:587`, or `smtps://` for TLS from the start. */
export function createMailer({ url, from }: { url: string; from: string }): Mailer {
  const transport = createTransport({
    url,
    connectionTimeout: 5_000,
    greetingTimeout: 5_000,
    socketTimeout: 10_000,
    disableFileAccess: true,
    disableUrlAccess: true,
  });
  return { from, send: (message) => transport.sendMail({ ...message, from }) };
}

/**
 * One mail that lists events, to all recipients. Its id and its date come from the events: tried again it is the same mail, and
 * who has it drops the second.
 */
export async function sendMail(
  webhookId: string,
  events: readonly RelayEvent[],
  notice: RelayNotice,
  ports: {
    clock: Clock;
    mailer: Mailer | undefined;
    publicUrl?: string | undefined;
    signal: AbortSignal;
  },
): Promise<Telling> {
  const { clock, mailer, publicUrl } = ports;
  const startedAt = clock.now();
  const answer = (told: Partial<Telling>): Telling => ({
    taken: false,
    gone: false,
    httpStatus: null,
    error: null,
    retryAfterMs: undefined,
    ...told,
    tookMs: clock.now() - startedAt,
  });
  if (mailer === undefined) {
    return answer({ error: "This worker has no mail server: an operator sets NOFX_SMTP_URL." });
  }
  if (notice.recipients.length === 0) {
    return answer({ gone: true, error: "None of its recipients is a member any more." });
  }
  const [first, last] = [events[0], events.at(-1)];
  if (first === undefined || last === undefined) return answer({ taken: true });
  const listed = events.slice(0, LISTED).map((one) => describeEvent(one, notice.facts[one.id]));
  const host = hostOf(mailer.from);
  const deadline = abortAfter(clock, TIMEOUT_MS);
  try {
    await Promise.race([
      mailer.send({
        to: notice.recipients.map(({ name, email: address }) => ({ name, address })),
        ...mailBody(listed, publicUrl, events.length),
        messageId: `<${first.id}.${last.id}.${webhookId}@${host}>`,
        date: new Date(last.at),
        headers: {
          "List-Id": `NOFX notices <${webhookId}.${host}>`,
          "Auto-Submitted": "auto-generated",
        },
      }),
      over(AbortSignal.any([deadline.signal, ports.signal])),
    ]);
    return answer({ taken: true });
  } catch (error) {
    return answer({ error: sayWhy(error) });
  } finally {
    deadline.cancel();
  }
}

function over(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    signal.addEventListener("abort", () => reject(signal.reason as Error), { once: true });
  });
}

/** The server's code and no word of it: it may say what nobody but its operator should read. */
function sayWhy(error: unknown): string {
  const { responseCode, code } = error as { responseCode?: unknown; code?: unknown };
  if (typeof responseCode === "number") return `The mail server answered ${responseCode}.`;
  if (typeof code === "string" && /^E[A-Z]{2,20}$/.test(code)) {
    return `The mail server was not reached, or did not take it: ${code}.`;
  }
  return `No answer from the mail server within ${TIMEOUT_MS / 1_000} s.`;
}

function hostOf(from: string): string {
  return /@([A-Za-z0-9.-]+)>?\s*$/.exec(from)?.[1] ?? "nofx.invalid";
}
