import { DecideManyInput, type DecideManyResult } from "@nofx/core/api";
import { NofxError } from "@nofx/core/errors";
import { countBatch } from "@nofx/db/queries";
import type { z } from "zod";
import type { MemberContext } from "../command/context.ts";
import { requireIdempotencyKey } from "../command/idempotency.ts";
import { authorise, parseInput, runCommand } from "../command/run-command.ts";
import { inTransaction } from "../command/transaction.ts";
import { castVote, endingWhatIsOver } from "./cast-vote.ts";

/** So many decisions in batches an hour and person: who has to decide more should read what they decide, or ask for less. */
export const BATCH_PER_HOUR = 60;

const Input = DecideManyInput.refine(
  (input) => input.decision === "approve" || (input.reason ?? "").trim() !== "",
  { message: "say why you reject: whoever asked will read it", path: ["reason"] },
);
const One = DecideManyInput.shape.approvals.element;

type Result = DecideManyResult["results"][number];

/**
 * The same decision on many questions, each in a transaction of its own: what one of them is refused for does not keep the others.
 * Each has to name the digest of what was shown. Beyond the hourly limit nothing is decided: 429, with when there is room again.
 */
export async function decideMany(
  ctx: MemberContext,
  input: z.input<typeof DecideManyInput>,
): Promise<DecideManyResult> {
  authorise(ctx, "approval.decide");
  const { approvals, decision, reason } = parseInput(Input, input);
  const key = requireIdempotencyKey(ctx.idempotencyKey);
  const results: Result[] = [];
  let limited: NofxError | undefined;
  for (const one of approvals) {
    const given = { ...one, decision, ...(reason === undefined ? {} : { reason }) };
    const own = {
      ...ctx,
      replayed: false,
      idempotencyKey: ctx.plane.sha256(`${key}|${one.approvalId}`),
    };
    try {
      results.push(await endingWhatIsOver(own, one.approvalId, () => decideOne(own, given)));
    } catch (error) {
      if (!NofxError.is(error)) throw error;
      if (error.code === "rate_limited") limited ??= error;
      else if (error.status >= 500) throw error;
      results.push({
        approvalId: one.approvalId,
        status: null,
        code: error.code,
        detail: error.detail ?? null,
      });
    }
  }
  if (limited !== undefined && results.every(({ status }) => status === null)) throw limited;
  return { results, ...(await room(ctx)) };
}

function decideOne(
  ctx: MemberContext,
  given: z.input<typeof One> & { decision: "approve" | "reject"; reason?: string },
): Promise<Result> {
  const spec = {
    name: "approvals.decideMany",
    permission: "approval.decide",
    input: One.extend({
      decision: DecideManyInput.shape.decision,
      reason: DecideManyInput.shape.reason,
    }),
  } as const;
  return runCommand(ctx, spec, given, async (tx, parsed) => {
    const { decided, freeInSeconds } = await countBatch(tx.db, ctx.tenantId, ctx.actor.id);
    if (decided >= BATCH_PER_HOUR) {
      const at = new Date(ctx.plane.now().getTime() + freeInSeconds * 1_000).toISOString();
      throw new NofxError("rate_limited", {
        detail: `You have decided ${decided} in batches within an hour; there is room again at ${at}. One by one there is no limit.`,
        retryAfterSeconds: Math.max(1, freeInSeconds),
        data: { limit: BATCH_PER_HOUR, freeAt: at },
      });
    }
    const { id, status } = await castVote(ctx, tx, parsed, { batch: true });
    return { approvalId: id, status, code: null, detail: null };
  });
}

async function room(ctx: MemberContext): Promise<{ left: number; limit: number }> {
  const { decided } = await inTransaction(ctx, (tx) =>
    countBatch(tx.db, ctx.tenantId, ctx.actor.id),
  );
  return { left: Math.max(0, BATCH_PER_HOUR - decided), limit: BATCH_PER_HOUR };
}
