import { DecideApprovalInput, type ApprovalDetail } from "@nofx/core/api";
import type { z } from "zod";
import type { MemberContext } from "../command/context.ts";
import { runCommand } from "../command/run-command.ts";
import { castVote, endingWhatIsOver, type VoteOrigin } from "./cast-vote.ts";
import { ApprovalInput } from "./list.ts";

const Input = DecideApprovalInput.extend(ApprovalInput.shape).refine(
  (input) => input.decision !== "reject" || (input.reason ?? "").trim() !== "",
  { message: "say why you reject: whoever asked will read it", path: ["reason"] },
);
export type DecideInput = z.input<typeof Input>;

/**
 * Votes on a question: the row is locked, one vote ends it, those after it are told the final state (`approval_closed`). Nobody
 * decides what they stand behind. What waits for the answer moves in the same transaction.
 */
export function decideApproval(
  ctx: MemberContext,
  input: DecideInput,
  origin: VoteOrigin = {},
): Promise<ApprovalDetail> {
  const spec = { name: "approvals.decide", permission: "approval.decide", input: Input } as const;
  return endingWhatIsOver(ctx, input.approvalId, () =>
    runCommand(ctx, spec, input, (tx, parsed) => castVote(ctx, tx, parsed, origin)),
  );
}
