import type { Hold, WaitKind, WaitStatus } from "../vocabulary/index.ts";

/** What a step can wait for, and the hold that says so. */
export const WAIT_HOLD = {
  timer: "timer",
  event: "event",
  message: "message",
  children: "children",
  person: "person",
  approval: "approval",
} as const satisfies Record<WaitKind, Hold>;

/**
 * The life of one option of a wait.
 *
 * # open
 * Entered when the executor asks and nothing answers yet; the step is queued with the option's hold.
 *
 * # met
 * Terminal: it came first. Asking again under the same name answers this.
 *
 * # lost
 * Terminal: another option of the same wait came first.
 *
 * # cancelled
 * Terminal: the step ended.
 */
export const WAIT_TRANSITIONS = [
  { from: "open", event: "meet", to: "met" },
  { from: "open", event: "lose", to: "lost" },
  { from: "open", event: "cancel", to: "cancelled" },
] as const satisfies readonly { from: WaitStatus; event: string; to: WaitStatus }[];

export type WaitEvent = (typeof WAIT_TRANSITIONS)[number]["event"];

export type WaitResult =
  | { readonly ok: true; readonly next: WaitStatus }
  | { readonly ok: false; readonly code: "conflict" };

export function transitionWait(status: WaitStatus, event: WaitEvent): WaitResult {
  const row = WAIT_TRANSITIONS.find((one) => one.event === event && one.from === status);
  return row === undefined ? { ok: false, code: "conflict" } : { ok: true, next: row.to };
}
