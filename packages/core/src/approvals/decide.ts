import type { ErrorCode } from "../errors/index.ts";
import { transitionApproval } from "../machine/index.ts";
import type { ApprovalRule, ApprovalStatus, Decision, MemberRole } from "../vocabulary/index.ts";
import { tally, type Tally } from "./tally.ts";

/** A question as it stands, under the lock of its row. */
export interface OpenApproval {
  readonly status: ApprovalStatus;
  readonly rule: ApprovalRule;
  readonly requesterUserId: string | null;
  /** Of what would run now: as it was asked, or as an approver edited it. */
  readonly argumentsDigest: string;
  readonly overdue: boolean;
  readonly escalated: boolean;
  readonly editable: boolean;
  /** Everybody who stands behind the question, and why: the people in its chain, owners of agents in it, holders of their keys. */
  readonly barred: ReadonlyMap<string, string>;
}

/** A vote that was cast. `userId` is whose it counts as; `byUserId` who cast it. */
export interface CastVote {
  readonly userId: string;
  readonly byUserId: string;
  readonly decision: Decision;
  readonly argumentsDigest: string;
  readonly groups: readonly string[];
  /** Who could have cast it: all that know a secret of the receiver that it came in by. */
  readonly behind?: readonly string[];
}

export interface Vote {
  readonly decision: Decision;
  /** What the person was shown, where the caller knows it. */
  readonly shownDigest?: string | undefined;
  /** Of `approve_with_changes`: the digest of what the person made of it. */
  readonly editedDigest?: string | undefined;
}

/** Who votes, and in whose stead. */
export interface Voter {
  readonly userId: string;
  readonly role: MemberRole;
  readonly groups: readonly string[];
  /** Somebody who handed their vote to this person for now. */
  readonly instead?: {
    readonly userId: string;
    readonly name: string;
    readonly role: MemberRole;
    readonly groups: readonly string[];
  };
  /** As of a vote that was cast. */
  readonly behind?: readonly string[];
}

export type Refusal = Extract<
  ErrorCode,
  "approval_closed" | "approval_self" | "forbidden" | "plan_changed" | "conflict" | "invalid_input"
>;

export type Outcome =
  /** The same vote again: nothing changes, and that is no error. */
  | { readonly kind: "unchanged" }
  | { readonly kind: "refused"; readonly code: Refusal; readonly why: string }
  | {
      readonly kind: "voted";
      readonly status: "pending" | "approved" | "rejected";
      /** The person whose vote it counts as. */
      readonly userId: string;
      /** Their groups that the rule asks for. */
      readonly groups: readonly string[];
      readonly tally: Tally;
    };

/** What a vote does to a question: nothing, a refusal that says why, or a vote that may end it. */
export function decide(
  approval: OpenApproval,
  cast: readonly CastVote[],
  vote: Vote,
  voter: Voter,
): Outcome {
  const counted = voter.instead ?? voter;
  const digest = vote.editedDigest ?? approval.argumentsDigest;
  const own = cast.filter(
    (one) =>
      one.argumentsDigest === digest &&
      (one.userId === counted.userId ||
        one.byUserId === voter.userId ||
        one.userId === voter.userId),
  );
  if (own.some((one) => one.decision === vote.decision && one.userId === counted.userId)) {
    return { kind: "unchanged" };
  }

  const refusal = refusalOf(approval, vote, voter);
  if (refusal !== undefined) return refusal;
  const [before] = own;
  if (before !== undefined) {
    return refused(
      "conflict",
      before.byUserId === voter.userId
        ? `You voted already: ${before.decision.replaceAll("_", " ")}. A vote stands.`
        : "This vote was cast already. A vote stands.",
    );
  }

  if (cast.some((one) => mayBeOnePerson(one, { ...vote, digest }, { ...voter, counted }))) {
    return refused(
      "conflict",
      "Somebody who knows the secret of a receiver may be behind this vote and an earlier one. Somebody else has to decide, on the page or through another receiver.",
    );
  }

  const groups = groupsThatCount(approval, counted.groups);
  const names = approval.rule.groups.map(({ group }) => group);
  if (names.length > 0 && groups.length === 0) {
    return refused("forbidden", `This is for members of ${names.join(" or ")} to decide.`);
  }
  return outcomeOf(approval, cast, { ...vote, digest, userId: counted.userId, groups });
}

/**
 * Whether one person could have cast both of two votes that count together. What comes in by a receiver is the word of whoever
 * knows its secret, so it and a vote of theirs, or another by such a receiver, are not surely two people's.
 */
function mayBeOnePerson(
  one: CastVote,
  vote: Vote & { digest: string },
  voter: Voter & { counted: { userId: string } },
): boolean {
  const received = [...(one.behind ?? []), ...(voter.behind ?? [])].length > 0;
  const together =
    one.decision === "reject"
      ? vote.decision === "reject"
      : vote.decision !== "reject" && one.argumentsDigest === vote.digest;
  if (!received || !together) return false;
  const hands = new Set([voter.userId, voter.counted.userId, ...(voter.behind ?? [])]);
  return [one.userId, one.byUserId, ...(one.behind ?? [])].some((hand) => hands.has(hand));
}

/**
 * The votes that count. Whoever came to stand behind a question after they voted, because they started what it is about,
 * decides nothing about it any more.
 */
export function countedVotes<T extends Pick<CastVote, "userId" | "byUserId">>(
  { barred }: Pick<OpenApproval, "barred">,
  cast: readonly T[],
): T[] {
  return cast.filter((one) => !barred.has(one.userId) && !barred.has(one.byUserId));
}

/** Which of somebody's groups their vote counts for. */
function groupsThatCount({ rule, escalated }: OpenApproval, groups: readonly string[]): string[] {
  const named = new Set(rule.groups.map(({ group }) => group));
  return groups.filter(
    (group) => named.has(group) || (escalated && named.size > 0 && group === rule.escalateTo),
  );
}

function refusalOf(
  approval: OpenApproval,
  vote: Vote,
  voter: Voter,
): Extract<Outcome, { kind: "refused" }> | undefined {
  const moved = transitionApproval(approval, {
    type: vote.decision,
    userId: voter.userId,
    role: voter.role,
    ...(vote.shownDigest === undefined ? {} : { shownDigest: vote.shownDigest }),
  });
  if (!moved.ok) return refused(moved.code, WHY[moved.code] ?? "");
  const behind = approval.barred.get(voter.userId);
  if (behind !== undefined) {
    return refused(
      "approval_self",
      `You stand behind this question yourself (${behind}); somebody else has to decide.`,
    );
  }
  if (voter.behind?.some((holder) => approval.barred.has(holder)) === true) {
    return refused(
      "approval_self",
      "Whoever asks knows a secret of this receiver. Somebody else has to decide, on the page or through a receiver of theirs.",
    );
  }
  if (voter.instead !== undefined) {
    const { userId, name, role } = voter.instead;
    if (approval.barred.has(userId)) {
      return refused(
        "approval_self",
        `${name} stands behind this question, and so does their vote.`,
      );
    }
    const theirs = transitionApproval(approval, { type: vote.decision, userId, role });
    if (!theirs.ok) return refused(theirs.code, `${name} may not decide this themselves.`);
  }
  if (vote.decision !== "approve_with_changes") return undefined;
  if (!approval.editable) return refused("invalid_input", "Nothing of this may be edited.");
  if (vote.editedDigest === approval.argumentsDigest) {
    return refused("invalid_input", "Nothing is changed. Approve it as it is.");
  }
  return undefined;
}

const WHY: Partial<Record<Refusal, string>> = {
  approval_self: "You asked for this yourself; somebody else has to decide.",
  plan_changed: "What you were shown is not what would run. Read it again, then decide.",
};

function outcomeOf(
  approval: OpenApproval,
  cast: readonly CastVote[],
  vote: Vote & { digest: string; userId: string; groups: readonly string[] },
): Outcome {
  const { rule, escalated } = approval;
  const all = [...countedVotes(approval, cast), { ...vote, argumentsDigest: vote.digest }];
  // a yes to other arguments is no yes to these
  const yeses = all.filter(
    (one) => one.decision !== "reject" && one.argumentsDigest === vote.digest,
  );
  const counted = tally(rule, yeses, escalated);
  const noes = new Set(all.filter((one) => one.decision === "reject").map((one) => one.userId))
    .size;
  const status =
    vote.decision === "reject"
      ? rule.veto || noes >= rule.quorum
        ? "rejected"
        : "pending"
      : counted.met
        ? "approved"
        : "pending";
  return { kind: "voted", status, userId: vote.userId, groups: vote.groups, tally: counted };
}

function refused(code: Refusal, why: string): Extract<Outcome, { kind: "refused" }> {
  return { kind: "refused", code, why };
}
