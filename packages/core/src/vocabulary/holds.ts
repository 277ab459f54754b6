import { z } from "zod";

/** Why a queued step is not claimable. Each hold is one bit of `steps.holds`, set and cleared on its own. */
export const HOLD_BITS = {
  dependency: 1,
  approval: 2,
  children: 4,
  timer: 8,
  event: 16,
  message: 32,
  quota: 64,
  person: 128,
  paused: 256,
} as const;

export const Hold = z.enum([
  "dependency",
  "approval",
  "children",
  "timer",
  "event",
  "message",
  "quota",
  "person",
  "paused",
]);
export type Hold = z.infer<typeof Hold>;

/** `holdsOf(3)` → `["dependency", "approval"]`. */
export function holdsOf(mask: number): Hold[] {
  return Hold.options.filter((hold) => (mask & HOLD_BITS[hold]) !== 0);
}

export function holdMask(holds: readonly Hold[]): number {
  return holds.reduce((mask, hold) => mask | HOLD_BITS[hold], 0);
}
