import {
  ListToolRunsInput,
  ListToolsInput,
  OneTool,
  type ToolPage,
  ToolRunView,
  type ToolRunPage,
  type ToolView,
} from "@nofx/core/api";
import { NofxError } from "@nofx/core/errors";
import { toId, toUuid } from "@nofx/core/vocabulary";
import { findTool, listToolRuns as queryRuns, listTools as query } from "@nofx/db/queries";
import type { z } from "zod";
import type { MemberContext } from "../command/context.ts";
import { runQuery } from "../command/run-command.ts";
import { viewTool } from "./view.ts";

/** The catalogue, by name. */
export function listTools(
  ctx: MemberContext,
  input: z.input<typeof ListToolsInput>,
): Promise<z.infer<typeof ToolPage>> {
  return runQuery(ctx, ListToolsInput, input, async (tx, filter) => {
    const page = await query(tx.db, { ...filter, tenantId: ctx.tenantId });
    return { items: page.items.map(viewTool), nextCursor: page.nextCursor, total: null };
  });
}

export function getTool(ctx: MemberContext, input: z.input<typeof OneTool>): Promise<ToolView> {
  return runQuery(ctx, OneTool, input, async (tx, { name }) => {
    const row = await findTool(tx.db, ctx.tenantId, name);
    if (row === undefined) {
      throw new NofxError("not_found", { detail: "There is no such tool in this tenant." });
    }
    return viewTool(row);
  });
}

/** What was done with tools, newest first. */
export function listToolRuns(
  ctx: MemberContext,
  input: z.input<typeof ListToolRunsInput>,
): Promise<z.infer<typeof ToolRunPage>> {
  return runQuery(ctx, ListToolRunsInput, input, async (tx, { name, runId, ...filter }) => {
    const page = await queryRuns(tx.db, {
      ...filter,
      tenantId: ctx.tenantId,
      tool: name ?? null,
      runId: runId === undefined ? null : toUuid("run", runId),
    });
    return {
      items: page.items.map((row) =>
        ToolRunView.parse({
          id: toId("toolRun", row.id),
          tool: row.tool,
          toolVersion: row.tool_version,
          name: row.name,
          runId: toId("run", row.run_id),
          stepId: toId("step", row.step_id),
          agent: row.agent,
          status: row.status,
          argumentsDigest: row.arguments_digest,
          resultDigest: row.result_digest,
          approvalId: row.approval_id === null ? null : toId("approval", row.approval_id),
          intendedAt: row.intended_at.toISOString(),
          endedAt: row.ended_at?.toISOString() ?? null,
        }),
      ),
      nextCursor: page.nextCursor,
      total: null,
    };
  });
}
