import {
  AddressRefused,
  guardedFetch,
  RequestFailed,
  retryAfterMs,
  type AllowedHosts,
} from "@nofx/control/net";
import type { RelayEvent } from "@nofx/control/steps";
import { abortAfter, type Clock } from "@nofx/core/seams";
import { signedHeaders } from "./sign.ts";

export const TIMEOUT_MS = 15_000;

export interface Endpoint {
  readonly url: string;
  readonly secrets: readonly string[];
}

/** What came of telling an endpoint of one event. */
export interface Telling {
  readonly taken: boolean;
  /** The endpoint says that it does not exist any more. */
  readonly gone: boolean;
  readonly httpStatus: number | null;
  readonly error: string | null;
  readonly retryAfterMs: number | undefined;
  readonly tookMs: number;
}

/** Posts one event. Only 2xx means that it was taken: a redirect is an answer like any other, and is not followed. */
export async function sendEvent(
  endpoint: Endpoint,
  { seq, ...message }: RelayEvent,
  ports: { clock: Clock; allowed: AllowedHosts; signal: AbortSignal },
): Promise<Telling> {
  const { clock, allowed } = ports;
  const body = JSON.stringify(message);
  const deadline = abortAfter(clock, TIMEOUT_MS);
  const startedAt = clock.now();
  const took = () => clock.now() - startedAt;
  try {
    const { status, headers } = await guardedFetch({
      method: "POST",
      url: endpoint.url,
      headers: {
        ...signedHeaders(endpoint.secrets, { id: message.id, at: clock.date(), body }),
        "nofx-sequence": String(seq),
      },
      body,
      signal: AbortSignal.any([deadline.signal, ports.signal]),
      allowed,
      // what it says is not kept: an answer is a status
      maxBytes: 0,
    });
    const taken = status >= 200 && status < 300;
    return {
      taken,
      gone: status === 410,
      httpStatus: status,
      error: taken ? null : `It answered ${status}.`,
      retryAfterMs: taken ? undefined : retryAfterMs(headers["retry-after"], clock.date()),
      tookMs: took(),
    };
  } catch (error) {
    if (!(error instanceof AddressRefused || error instanceof RequestFailed)) throw error;
    const late = deadline.signal.aborted && `No answer within ${TIMEOUT_MS / 1_000} s.`;
    return {
      taken: false,
      gone: false,
      httpStatus: null,
      error: late || error.message,
      retryAfterMs: undefined,
      tookMs: took(),
    };
  } finally {
    deadline.cancel();
  }
}
