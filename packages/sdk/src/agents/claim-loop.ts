import { MAX_CLAIM, type AgentResponse, type ClaimedStep } from "@nofx/core/contract";
import { backoffMs, type AgentClient, type CallOptions, type Clock } from "../client/index.ts";
import { NofxApiError } from "../errors/index.ts";
import type { Slots } from "./slots.ts";

export interface ClaimLoop {
  client: AgentClient;
  clock: Clock;
  random: () => number;
  slots: Slots;
  capabilities: string[];
  worker: string;
  waitSeconds: number;
  /** Ends the loop. */
  signal: AbortSignal;
  onRetry: NonNullable<CallOptions["onRetry"]>;
  /** Executes one step; must not reject. */
  execute: (step: ClaimedStep, leaseSeconds: number) => Promise<void>;
}

/** A server that answers "nothing" at once must not be asked in a busy loop. */
const EMPTY_PAUSE_MS = 1_000;

/** How long a claim may hang beyond what it waits for work. */
const GRACE_MS = 10_000;

/** Claims as many steps as there are free slots, again and again. Rejects when the control plane refuses. */
export async function claimLoop(loop: ClaimLoop): Promise<void> {
  const { clock, slots, signal } = loop;
  let strange = 0;
  while (!signal.aborted) {
    if (slots.free === 0) {
      await slots.next(signal);
      continue;
    }
    const askedAt = clock.now();
    const answer = await claim(loop);
    if (NofxApiError.is(answer)) {
      const wait = backoffMs(strange++, loop.random);
      loop.onRetry(answer, wait);
      await clock.sleep(wait, signal);
      continue;
    }
    strange = 0;
    for (const step of answer.steps) slots.start(loop.execute(step, answer.leaseSeconds));
    if (answer.steps.length === 0 && clock.now() - askedAt < EMPTY_PAUSE_MS) {
      await clock.sleep(EMPTY_PAUSE_MS * (0.5 + loop.random() / 2), signal);
    }
  }
}

/**
 * One claim. An answer that is not the API's own (a proxy while the server restarts) is returned, not thrown: this
 * agent has been known here, so it waits for the control plane to come back.
 */
async function claim(loop: ClaimLoop): Promise<AgentResponse<"claim"> | NofxApiError> {
  const { client, slots, signal, waitSeconds } = loop;
  try {
    return await client.call(
      "claim",
      {},
      {
        capabilities: loop.capabilities,
        max: Math.min(slots.free, MAX_CLAIM),
        waitSeconds,
        worker: loop.worker,
      },
      { signal, timeoutMs: waitSeconds * 1_000 + GRACE_MS, onRetry: loop.onRetry },
    );
  } catch (error) {
    if (NofxApiError.is(error) && error.code === "bad_response") return error;
    throw error;
  }
}
