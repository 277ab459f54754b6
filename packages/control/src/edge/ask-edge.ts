import { abortAfter, type Clock } from "@nofx/core/seams";
import { request } from "undici";
import { z } from "zod";

export interface EdgeAddress {
  readonly url: string;
  readonly token: string;
  /** Whom the question is for, where the token does not say. */
  readonly headers?: Readonly<Record<string, string>>;
}

export type EdgeAnswer =
  | { readonly ok: true; readonly body: unknown }
  | { readonly ok: false; readonly status: number; readonly body: unknown };

const Refusal = z.looseObject({ code: z.string() });

const TIME_LIMIT_MS = 2_000;
/** Nobody waits for one that was down a moment ago. */
const REST_MS = 5_000;
const MOST_BYTES = 1_000_000;

/**
 * Asks a function of ours. Undefined where it could not be reached, did not answer in time or failed by itself, and for some seconds
 * after that: then what it does is done in this process. It is never asked twice.
 */
export function askEdge(
  clock: Clock,
  { url, token, headers }: EdgeAddress,
): (body: object, more?: Readonly<Record<string, string>>) => Promise<EdgeAnswer | undefined> {
  let restsUntil = Number.NEGATIVE_INFINITY;
  return async (body, more) => {
    if (clock.now() < restsUntil) return undefined;
    const limit = abortAfter(clock, TIME_LIMIT_MS);
    try {
      const answer = await request(url, {
        method: "POST",
        headers: {
          "content-type": "application/json",
          authorization: `Bearer ${token}`,
          ...headers,
          ...more,
        },
        body: JSON.stringify(body),
        signal: limit.signal,
      });
      const text = await answer.body.text();
      if (text.length > MOST_BYTES) throw new RangeError("too long an answer");
      const told: unknown = JSON.parse(text);
      const { statusCode: status } = answer;
      if (status === 200) return { ok: true, body: told };
      // whoever stands before the function has no codes
      return { ok: false, status, body: Refusal.parse(told) };
    } catch {
      restsUntil = clock.now() + REST_MS;
      return undefined;
    } finally {
      limit.cancel();
    }
  };
}
