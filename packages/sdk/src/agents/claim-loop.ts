import { MAX_CLAIM, type AgentResponse } from "@nofx/core/contract";
import { backoffMs, type AgentClient, type CallOptions, type Clock } from "../client/index.ts";
import { NofxApiError } from "../errors/index.ts";
import type { Ahead } from "./ahead.ts";
import type { Ready } from "./ready.ts";
import type { Slots } from "./slots.ts";

export interface ClaimLoop {
  client: AgentClient;
  clock: Clock;
  random: () => number;
  slots: Slots;
  /** Where claimed steps go. */
  ready: Ready;
  ahead: Ahead;
  capabilities: string[];
  worker: string;
  waitSeconds: number;
  /** Ends the loop. */
  signal: AbortSignal;
  onRetry: NonNullable<CallOptions["onRetry"]>;
}

/** A server that answers "nothing" at once must not be asked in a busy loop. */
const EMPTY_PAUSE_MS = 1_000;

/** How long a claim may hang beyond what it waits for work. */
const GRACE_MS = 10_000;

/**
 * Claims as many steps as there are free slots, and few more where they are short, again and again. Rejects when the
 * control plane refuses.
 */
export async function claimLoop(loop: ClaimLoop): Promise<void> {
  const { clock, slots, ready, ahead, signal } = loop;
  let strange = 0;
  let leaseMs = 0;
  while (!signal.aborted) {
    const askedAt = clock.now();
    const max = slots.free + ahead.count(leaseMs, askedAt) - ready.size;
    if (max <= 0) {
      await slots.next(signal);
      continue;
    }
    const answer = await claim(loop, Math.min(max, MAX_CLAIM));
    if (NofxApiError.is(answer)) {
      const wait = backoffMs(strange++, loop.random);
      loop.onRetry(answer, wait);
      await clock.sleep(wait, signal);
      continue;
    }
    strange = 0;
    leaseMs = answer.leaseSeconds * 1_000;
    const tookMs = clock.now() - askedAt;
    if (answer.steps.length === max) ahead.answered(tookMs);
    ready.add(answer.steps, answer.leaseSeconds);
    if (answer.steps.length === 0 && tookMs < EMPTY_PAUSE_MS) {
      await clock.sleep(EMPTY_PAUSE_MS * (0.5 + loop.random() / 2), signal);
    }
  }
}

/**
 * One claim. An answer that is not the API's own (a proxy while the server restarts) is returned, not thrown: this
 * agent has been known here, so it waits for the control plane to come back.
 */
async function claim(loop: ClaimLoop, max: number): Promise<AgentResponse<"claim"> | NofxApiError> {
  const { client, signal, waitSeconds } = loop;
  try {
    return await client.call(
      "claim",
      {},
      {
        capabilities: loop.capabilities,
        max,
        waitSeconds,
        worker: loop.worker,
        presence: { slots: loop.slots.size, busy: loop.slots.running },
      },
      { signal, timeoutMs: waitSeconds * 1_000 + GRACE_MS, onRetry: loop.onRetry },
    );
  } catch (error) {
    if (NofxApiError.is(error) && error.code === "bad_response") return error;
    throw error;
  }
}
