import { withTimeout, retryDelayMs, type Clock, type Fetch } from "../client/index.ts";
import { NofxApiError } from "../errors/index.ts";

export interface TransferPorts {
  fetch: Fetch;
  clock: Clock;
  random: () => number;
}

const TIMEOUT_MS = 120_000;
const MAX_TRIES = 5;

/**
 * One transfer to or from a signed address, tried again on a broken network and on 5xx. The address is a secret while
 * it lasts: it is not in any error. Answers that are final (2xx to 4xx) are the caller's to judge.
 */
export async function transfer(
  ports: TransferPorts,
  what: string,
  url: string,
  init: RequestInit,
  signal: AbortSignal,
): Promise<{ status: number; bytes: Uint8Array<ArrayBuffer> }> {
  for (let tries = 0; ; tries++) {
    signal.throwIfAborted();
    let error: NofxApiError;
    try {
      const answer = await withTimeout(ports.clock, TIMEOUT_MS, signal, async (limit) => {
        const response = await ports.fetch(url, { ...init, signal: limit });
        return { status: response.status, bytes: new Uint8Array(await response.arrayBuffer()) };
      });
      if (answer.status < 500 && answer.status !== 429) return answer;
      error = new NofxApiError({
        code: "unavailable",
        message: `Storage answered ${answer.status}`,
        call: what,
        status: answer.status,
      });
    } catch (cause) {
      signal.throwIfAborted();
      error = new NofxApiError({
        code: "network_error",
        message: "Storage cannot be reached",
        call: what,
        cause,
      });
    }
    if (tries + 1 >= MAX_TRIES) throw error;
    await ports.clock.sleep(retryDelayMs(error, tries, ports.random) ?? 0, signal);
  }
}
