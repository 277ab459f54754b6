import {
  AddressRefused,
  guardedFetch,
  RequestFailed,
  retryAfterMs,
  type AllowedHosts,
} from "@nofx/control/net";
import { abortAfter, type Clock } from "@nofx/core/seams";
import type { PushedStep } from "@nofx/core/contract";
import { signedHeaders } from "../relay/sign.ts";

/**
 * taken: executed, or being so. busy: full, not begun. refused: not begun either, and that is wrong. unknown: it may have
 * begun, and nobody here can say how far it came. gone: it does not exist any more.
 */
export type Pushed =
  | { readonly as: "taken" }
  | {
      readonly as: "busy" | "refused" | "unknown" | "gone";
      readonly error: string;
      readonly retryAfterMs: number | undefined;
    };

export interface PushPorts {
  readonly clock: Clock;
  readonly allowed: AllowedHosts;
  readonly signal: AbortSignal;
}

/** Time for the answer to come back, beside what the function may take. */
const GRACE_MS = 5_000;

/** Posts one step to a function and waits for its answer: as long as the call lasts, for most hosts end a function that has answered. */
export async function pushStep(
  { url, secrets }: { readonly url: string; readonly secrets: readonly string[] },
  pushed: PushedStep,
  { clock, allowed, signal }: PushPorts,
): Promise<Pushed> {
  const body = JSON.stringify(pushed);
  const id = `${pushed.step.id}.${pushed.step.epoch}`;
  const deadline = abortAfter(clock, pushed.timeoutSeconds * 1_000 + GRACE_MS);
  try {
    const { status, headers } = await guardedFetch({
      method: "POST",
      url,
      headers: signedHeaders(secrets, { id, at: clock.date(), body }),
      body,
      signal: AbortSignal.any([deadline.signal, signal]),
      allowed,
      // nothing is decided by what it says
      maxBytes: 0,
    });
    if (status >= 200 && status < 300) return { as: "taken" };
    const wait = retryAfterMs(headers["retry-after"], clock.date());
    return { as: meaningOf(status), error: `It answered ${status}.`, retryAfterMs: wait };
  } catch (error) {
    const begun = error instanceof RequestFailed && error.sent;
    if (!(error instanceof AddressRefused || error instanceof RequestFailed)) throw error;
    const late = deadline.signal.aborted && `No answer within ${pushed.timeoutSeconds} s.`;
    return {
      as: begun ? "unknown" : "refused",
      error: late || error.message,
      retryAfterMs: undefined,
    };
  } finally {
    deadline.cancel();
  }
}

function meaningOf(status: number): "busy" | "refused" | "unknown" | "gone" {
  if (status === 410) return "gone";
  if (status === 429) return "busy";
  return status >= 500 ? "unknown" : "refused";
}
