import {
  AddressRefused,
  guardedFetch,
  RequestFailed,
  retryAfterMs,
  type AllowedHosts,
} from "@nofx/control/net";
import { abortAfter, type Clock } from "@nofx/core/seams";

export const TIMEOUT_MS = 15_000;

/** What came of telling an endpoint. */
export interface Telling {
  readonly taken: boolean;
  /** The endpoint says that it does not exist any more. */
  readonly gone: boolean;
  readonly httpStatus: number | null;
  readonly error: string | null;
  readonly retryAfterMs: number | undefined;
  readonly tookMs: number;
}

export interface Post {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  /** One of these words as the answer's body, with a status that is no 2xx, says that the endpoint is gone, as 410 does. */
  readonly goneWords?: ReadonlySet<string>;
}

export interface PostPorts {
  readonly clock: Clock;
  readonly allowed: AllowedHosts;
  readonly signal: AbortSignal;
}

const A_WORD = /^[a-z][a-z_]{0,63}$/;

/** One POST. Only 2xx means that it was taken: a redirect is an answer like any other, and is not followed. */
export async function post(what: Post, ports: PostPorts): Promise<Telling> {
  const { clock, allowed } = ports;
  const deadline = abortAfter(clock, TIMEOUT_MS);
  const startedAt = clock.now();
  const took = () => clock.now() - startedAt;
  try {
    const { status, headers, body } = await guardedFetch({
      method: "POST",
      url: what.url,
      headers: what.headers,
      body: what.body,
      signal: AbortSignal.any([deadline.signal, ports.signal]),
      allowed,
      // what it says is not kept: an answer is a status, and a word where it is known to answer in words
      maxBytes: what.goneWords === undefined ? 0 : 64,
    });
    const taken = status >= 200 && status < 300;
    const said = new TextDecoder().decode(body).trim();
    const word = A_WORD.test(said) ? said : undefined;
    return {
      taken,
      gone: status === 410 || (!taken && word !== undefined && what.goneWords?.has(word) === true),
      httpStatus: status,
      error: taken ? null : `It answered ${word === undefined ? status : `${status}: ${word}`}.`,
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
