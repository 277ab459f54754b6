import { NofxError } from "@nofx/core/errors";
import { z } from "zod";

/** The local stack's supervisor, which can freeze a worker of its own. */
export interface Plug {
  /** Sees to it that there are two workers; answers when both are at work. */
  standby(): Promise<void>;
  /** Freezes one; answers for how long, and who will take over. */
  freeze(worker: string): Promise<{ seconds: number; standby: string }>;
}

const Frozen = z.object({ seconds: z.number(), standby: z.string() });
const STARTING_MS = 60_000;

export function createPlug(options: { url: string; token: string }): Plug {
  const post = async (path: string, body: object): Promise<Response> => {
    const response = await fetch(`${options.url}${path}`, {
      method: "POST",
      headers: { authorization: `Bearer ${options.token}`, "content-type": "application/json" },
      body: JSON.stringify(body),
      signal: AbortSignal.timeout(STARTING_MS),
    }).catch((cause: unknown) => {
      throw new NofxError("unavailable", {
        detail: "The local stack's supervisor does not answer. `npx nofx status` says what runs.",
        cause,
      });
    });
    if (response.ok) return response;
    const text = await response.text();
    if (response.status === 409) {
      throw new NofxError("worker_frozen", {
        detail: "One at a time: wait until it is thawed, then pull again.",
      });
    }
    if (response.status === 404) {
      throw new NofxError("nothing_to_freeze", {
        detail: "The worker has ended in the meantime. Try again while a step runs.",
      });
    }
    throw new NofxError("unavailable", {
      detail: "The local stack's supervisor could not do it; its terminal says why.",
      cause: `${response.status} ${text.slice(0, 200)}`,
    });
  };
  return {
    async standby() {
      await post("/standby", {});
    },
    async freeze(worker) {
      const response = await post("/freeze", { worker });
      return Frozen.parse(await response.json());
    },
  };
}
