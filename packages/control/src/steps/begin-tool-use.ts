import type { ToolBeginRequest, ToolBegun } from "@nofx/core/contract";
import { NofxError } from "@nofx/core/errors";
import { toId } from "@nofx/core/vocabulary";
import { beginTool } from "@nofx/db/leases";
import type { AgentContext } from "../command/context.ts";
import { toolDigest } from "../tools/tool-digest.ts";
import { claimOf, fencedOnce } from "./fenced.ts";
import { toolForUse } from "./tool-for-use.ts";

/**
 * Notes that a tool is about to be used, in the transaction that uses up the grant for it. What was approved is not what would run
 * any more, by an argument, the target or the tool's version: `approval_required`, and nothing is used up.
 */
export function beginToolUse(
  ctx: AgentContext,
  stepId: string,
  name: string,
  request: ToolBeginRequest,
): Promise<ToolBegun> {
  return fencedOnce(ctx, `tool.begin:${name}`, stepId, request, async (tx) => {
    const tool = await toolForUse(ctx, tx, name, request.arguments, "arguments");
    const digestOf = (version: string) =>
      toolDigest(ctx.plane, {
        tool: name,
        version,
        target: request.target ?? null,
        arguments: request.arguments,
      });
    const digest = digestOf(tool.version);
    const claim = claimOf(ctx, stepId, request.epoch);
    const begun = await beginTool(tx.db, claim, {
      name: request.name,
      tool: name,
      version: tool.version,
      digest,
    });
    if (begun.result === "approval_required" || begun.result === "stale") {
      throw new NofxError("approval_required", {
        detail: `Nobody has approved ${name} ${tool.version} with exactly these arguments, or the yes is used up. Ask, then begin again.`,
        data: { tool: name, toolVersion: tool.version, argumentsDigest: digest },
      });
    }
    if (begun.result === "cancelled") {
      throw new NofxError("conflict", {
        detail: "The step is being cancelled: no tool is begun any more, and no yes is used up.",
      });
    }
    // asked for again as it was asked for first, it is what people made of it
    const known = begun.result === "known" ? begun : undefined;
    if (
      begun.result === "conflict" ||
      ![begun.digest, known?.asked].includes(digestOf(begun.version))
    ) {
      throw new NofxError("conflict", {
        detail: `"${request.name}" was begun with something else. Another use takes another name.`,
      });
    }
    if (begun.result === "begun" && begun.grant_id !== null) {
      await tx.audit("grant.consumed", {
        grant_id: begun.grant_id,
        tool_run_id: begun.id,
        tool: name,
        tool_version: tool.version,
        arguments_digest: digest,
      });
    }
    return {
      toolRunId: toId("toolRun", begun.id),
      toolVersion: begun.version,
      status: begun.status,
      ...(known?.arguments !== undefined && { arguments: known.arguments }),
    };
  });
}
