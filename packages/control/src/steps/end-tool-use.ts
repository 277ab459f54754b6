import { canonicalJson } from "@nofx/core/canonical";
import { toolCheckpoint, type ToolEnded, type ToolEndRequest } from "@nofx/core/contract";
import { NofxError } from "@nofx/core/errors";
import { toId } from "@nofx/core/vocabulary";
import { checkpoint, endTool } from "@nofx/db/leases";
import type { AgentContext } from "../command/context.ts";
import { claimOf, fencedOnce } from "./fenced.ts";

/** Notes how a use of a tool ended; its result becomes a checkpoint in the same transaction. */
export function endToolUse(
  ctx: AgentContext,
  stepId: string,
  name: string,
  request: ToolEndRequest,
): Promise<ToolEnded> {
  return fencedOnce(ctx, `tool.end:${name}`, stepId, request, async (tx) => {
    const { result, errorCode } = request;
    const claim = claimOf(ctx, stepId, request.epoch);
    if (result !== undefined) await checkpoint(tx.db, claim, toolCheckpoint(request.name), result);
    const ended = await endTool(tx.db, claim, {
      name: request.name,
      status: request.status,
      resultDigest: result === undefined ? null : ctx.plane.sha256(canonicalJson(result)),
      errorCode: errorCode ?? null,
    });
    if (ended === undefined) {
      throw new NofxError("not_found", { detail: "No use of that name was begun by this step." });
    }
    return { toolRunId: toId("toolRun", ended.id), status: ended.status };
  });
}
