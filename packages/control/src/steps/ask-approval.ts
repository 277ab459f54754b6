import type { ApprovalAnswer, ApprovalRequest } from "@nofx/core/contract";
import { NofxError } from "@nofx/core/errors";
import { ApprovalWith } from "@nofx/core/vocabulary";
import { requestApproval, requestToolApproval, type RequestedApproval } from "@nofx/db/leases";
import type { AgentContext } from "../command/context.ts";
import type { CommandTransaction } from "../command/transaction.ts";
import { schemaIssue } from "../tools/check-schema.ts";
import { questionDigest, toolDigest } from "../tools/tool-digest.ts";
import { answerOf } from "./describe-step.ts";
import { claimOf, fencedOnce } from "./fenced.ts";
import { toolForUse } from "./tool-for-use.ts";

const DEFAULT_SECONDS = ApprovalWith.parse({ question: "?" }).expiresInSeconds;

/** Asks people, once per name. `pending` means: the step is on hold and the lease is over, so stop here. */
export function askApproval(
  ctx: AgentContext,
  stepId: string,
  request: ApprovalRequest,
): Promise<ApprovalAnswer> {
  return fencedOnce(ctx, "approval", stepId, request, async (tx) => {
    const ask = request.tool === undefined ? askPeople : askForTool;
    return answerOf(await ask(ctx, tx, stepId, request));
  });
}

async function askPeople(
  ctx: AgentContext,
  tx: CommandTransaction,
  stepId: string,
  request: ApprovalRequest,
): Promise<RequestedApproval> {
  const claim = claimOf(ctx, stepId, request.epoch);
  const details = request.details ?? {};
  const issue = request.editable === undefined ? undefined : schemaIssue(request.editable);
  if (issue !== undefined) {
    throw new NofxError("invalid_input", { issues: [{ path: "/editable", message: issue }] });
  }
  const step = await tx.db
    .selectFrom("steps")
    .select("title")
    .where("id", "=", claim.stepId)
    .executeTakeFirst();
  return requestApproval(tx.db, claim, {
    name: request.name,
    title: step?.title ?? request.name,
    question: request.question,
    why: `Agent ${ctx.name} asks before it goes on.`,
    arguments: details,
    argumentsDigest: questionDigest(ctx.plane, request.question, details),
    requester: ctx.name,
    expiresMs: expiresMs(request),
    schema: request.editable,
  });
}

/** A yes to this is a grant for one use: of this version of the tool, with exactly these arguments, on this target. */
async function askForTool(
  ctx: AgentContext,
  tx: CommandTransaction,
  stepId: string,
  request: ApprovalRequest,
): Promise<RequestedApproval> {
  const args = request.details ?? {};
  const tool = await toolForUse(ctx, tx, request.tool ?? "", args, "details");
  const target = request.target ?? null;
  const answer = await requestToolApproval(tx.db, claimOf(ctx, stepId, request.epoch), {
    name: request.name,
    tool: tool.name,
    version: tool.version,
    target,
    question: request.question,
    why: `Agent ${ctx.name} wants to use ${tool.name} ${tool.version}.`,
    arguments: args,
    digest: toolDigest(ctx.plane, {
      tool: tool.name,
      version: tool.version,
      target,
      arguments: args,
    }),
    requester: ctx.name,
    expires_ms: expiresMs(request),
  });
  if (answer === undefined) {
    throw new NofxError("conflict", {
      detail: "The tool changed just now. Ask again.",
      retryAfterSeconds: 1,
    });
  }
  return answer;
}

function expiresMs(request: ApprovalRequest): number {
  return (request.expiresInSeconds ?? DEFAULT_SECONDS) * 1_000;
}
