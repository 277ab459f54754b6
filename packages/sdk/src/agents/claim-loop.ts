import { MAX_CLAIM, type ClaimedStep } from "@nofx/core/contract";
import type { AgentClient, CallOptions, Clock } from "../client/index.ts";
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
  onRetry: CallOptions["onRetry"];
  /** Executes one step; must not reject. */
  execute: (step: ClaimedStep, leaseSeconds: number) => Promise<void>;
}

/** A server that answers "nothing" at once must not be asked in a busy loop. */
const EMPTY_PAUSE_MS = 1_000;

/** How long a claim may hang beyond what it waits for work. */
const GRACE_MS = 10_000;

/** Claims as many steps as there are free slots, again and again. Rejects when the control plane refuses. */
export async function claimLoop(loop: ClaimLoop): Promise<void> {
  const { client, clock, slots, signal, waitSeconds } = loop;
  while (!signal.aborted) {
    if (slots.free === 0) {
      await slots.next(signal);
      continue;
    }
    const askedAt = clock.now();
    const { steps, leaseSeconds } = await client.call(
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
    for (const step of steps) slots.start(loop.execute(step, leaseSeconds));
    if (steps.length === 0 && clock.now() - askedAt < EMPTY_PAUSE_MS) {
      await clock.sleep(EMPTY_PAUSE_MS * (0.5 + loop.random() / 2), signal);
    }
  }
}
