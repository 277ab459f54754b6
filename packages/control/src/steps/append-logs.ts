import type { LogRequest, LogResponse } from "@nofx/core/contract";
import { appendLogs as store } from "@nofx/db/leases";
import type { AgentContext } from "../command/context.ts";
import { claimOf, fenced } from "./fenced.ts";

/** Stores log lines; one that was sent before is passed over. */
export function appendLogs(
  ctx: AgentContext,
  stepId: string,
  request: LogRequest,
): Promise<LogResponse> {
  return fenced(ctx, stepId, async (tx) => {
    const lines = request.lines.map(({ seq, at, level, text }) => ({
      seq,
      at,
      stream: "log" as const,
      text: level === "info" ? text : `[${level}] ${text}`,
    }));
    return { stored: await store(tx.db, claimOf(ctx, stepId, request.epoch), lines) };
  });
}
