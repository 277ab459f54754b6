import type { ErrorCode } from "../errors/index.ts";
import {
  isAllowed,
  type ApprovalStatus,
  type Decision,
  type MemberRole,
} from "../vocabulary/index.ts";

/**
 * The life of an approval.
 *
 * # pending
 * Entered when something asks people: a gate's warning, a sensitive step, an executor. What waits for it is on hold.
 * Left once, by whichever comes first: a decision, its time, the end of what asked, or a change of what was asked about.
 *
 * # approved
 * Terminal. Holds for exactly the arguments whose digest was shown.
 *
 * # rejected
 * Terminal.
 *
 * # expired
 * Terminal: nobody answered in time. Never a yes.
 *
 * # cancelled
 * Terminal: what asked has ended, so no answer is needed.
 *
 * # superseded
 * Terminal: what was asked about has changed; a new approval asks anew.
 */
export const APPROVAL_TRANSITIONS = [
  { from: "pending", event: "approve", to: "approved" },
  { from: "pending", event: "approve_with_changes", to: "approved" },
  { from: "pending", event: "reject", to: "rejected" },
  { from: "pending", event: "expire", to: "expired" },
  { from: "pending", event: "cancel", to: "cancelled" },
  { from: "pending", event: "supersede", to: "superseded" },
] as const satisfies readonly {
  from: ApprovalStatus;
  event: ApprovalEvent["type"];
  to: ApprovalStatus;
}[];

export interface ApprovalState {
  readonly status: ApprovalStatus;
  /** The person who asked, or on whose behalf it was asked. */
  readonly requesterUserId: string | null;
  readonly argumentsDigest: string;
  /** Whether its time is over, by the database's clock. */
  readonly overdue: boolean;
}

export type ApprovalEvent =
  | {
      readonly type: Decision;
      readonly userId: string;
      readonly role: MemberRole;
      /** The digest of what the person was shown, where the caller knows it. */
      readonly shownDigest?: string;
    }
  | { readonly type: "expire" | "cancel" | "supersede" };

export type ApprovalRefusal = Extract<
  ErrorCode,
  "approval_closed" | "approval_self" | "forbidden" | "plan_changed" | "conflict"
>;

export type ApprovalResult =
  | { readonly ok: true; readonly next: ApprovalStatus }
  | { readonly ok: false; readonly code: ApprovalRefusal };

/** The next status of an approval, or why not. A late decision is refused even before the sweep has marked it expired. */
export function transitionApproval(state: ApprovalState, event: ApprovalEvent): ApprovalResult {
  const refusal = refusalOf(state, event);
  if (refusal !== undefined) return { ok: false, code: refusal };
  const row = APPROVAL_TRANSITIONS.find((one) => one.event === event.type);
  return row === undefined ? { ok: false, code: "conflict" } : { ok: true, next: row.to };
}

function refusalOf(state: ApprovalState, event: ApprovalEvent): ApprovalRefusal | undefined {
  if (!("userId" in event)) {
    if (state.status !== "pending") return "approval_closed";
    return event.type === "expire" && !state.overdue ? "conflict" : undefined;
  }
  if (!isAllowed(event.role, "approval.decide")) return "forbidden";
  if (state.status !== "pending" || state.overdue) return "approval_closed";
  if (state.requesterUserId === event.userId) return "approval_self";
  const changed = event.shownDigest !== undefined && event.shownDigest !== state.argumentsDigest;
  return changed ? "plan_changed" : undefined;
}
