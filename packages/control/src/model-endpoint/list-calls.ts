import {
  ListModelCallsInput,
  OneModelCall,
  TranscriptView,
  type ModelCallPage,
  type ModelCallView,
} from "@nofx/core/api";
import { NofxError } from "@nofx/core/errors";
import { usdOfPico } from "@nofx/core/model-router";
import { toId, toUuid } from "@nofx/core/vocabulary";
import {
  findTranscript,
  forgetTranscript as forget,
  listModelCalls as list,
  type ModelCallRecord,
} from "@nofx/db/queries";
import type { z } from "zod";
import type { MemberContext } from "../command/context.ts";
import { authorise, runCommand, runQuery } from "../command/run-command.ts";

/** Attempts at models, newest first. */
export function listModelCalls(
  ctx: MemberContext,
  input: z.input<typeof ListModelCallsInput>,
): Promise<z.infer<typeof ModelCallPage>> {
  return runQuery(ctx, ListModelCallsInput, input, async (tx, filter) => {
    const { runId, agentId, callId, ...rest } = filter;
    const page = await list(tx.db, {
      ...rest,
      tenantId: ctx.tenantId,
      ...(runId !== undefined && { runId: toUuid("run", runId) }),
      ...(agentId !== undefined && { agentId: toUuid("agent", agentId) }),
      ...(callId !== undefined && { callId: toUuid("modelCall", callId) }),
    });
    return { items: page.items.map(view), nextCursor: page.nextCursor, total: null };
  });
}

function view(row: ModelCallRecord): ModelCallView {
  return {
    callId: toId("modelCall", row.call_id),
    attempt: row.attempt,
    endpoint: row.endpoint,
    asked: row.asked,
    provider: row.provider,
    model: row.model,
    region: row.region,
    policy: row.policy,
    reason: row.reason,
    status: row.status,
    errorCode: row.error_code,
    finishReason: row.finish_reason,
    streamed: row.streamed,
    cache: row.cache,
    tokens: {
      input: row.input_tokens,
      cacheRead: row.cache_read_tokens,
      cacheWrite: row.cache_write_tokens,
      output: row.output_tokens,
      reasoning: row.reasoning_tokens,
    },
    estimated: row.usage_estimated,
    costUsd: row.cost_pico === null ? null : usdOfPico(BigInt(row.cost_pico)),
    latencyMs: row.latency_ms,
    firstTokenMs: row.first_token_ms,
    runId: row.run_id === null ? null : toId("run", row.run_id),
    stepId: row.step_id === null ? null : toId("step", row.step_id),
    agentId: row.agent_id === null ? null : toId("agent", row.agent_id),
    startedAt: row.started_at.toISOString(),
    endedAt: row.ended_at?.toISOString() ?? null,
    transcript: row.transcript,
  };
}

/** What was said in a call. It may be anybody's words: for admins. */
export async function getTranscript(
  ctx: MemberContext,
  input: z.input<typeof OneModelCall>,
): Promise<TranscriptView> {
  authorise(ctx, "settings.write");
  return runQuery(ctx, OneModelCall, input, async (tx, { callId }) => {
    const of = { tenantId: ctx.tenantId, callId: toUuid("modelCall", callId) };
    const found = await findTranscript(tx.db, of);
    if (found === undefined) throw noTranscript();
    return TranscriptView.parse({
      callId,
      request: found.request,
      answer: found.answer,
      redacted: found.redacted,
      createdAt: found.created_at.toISOString(),
      expiresAt: found.expires_at.toISOString(),
    });
  });
}

/** Before its time. What the call cost stays known. */
export function forgetTranscript(
  ctx: MemberContext,
  input: z.input<typeof OneModelCall>,
): Promise<{ forgotten: number }> {
  const spec = {
    name: "modelEndpoint.forgetTranscript",
    permission: "settings.write",
    input: OneModelCall,
  } as const;
  return runCommand(ctx, spec, input, async (tx, { callId }) => {
    const of = { tenantId: ctx.tenantId, callId: toUuid("modelCall", callId) };
    if (!(await forget(tx.db, of))) throw noTranscript();
    await tx.audit("transcript.forgotten", { call_id: of.callId });
    return { forgotten: 1 };
  });
}

function noTranscript(): NofxError {
  return new NofxError("not_found", {
    detail: "Nothing of this call is kept: transcripts were off, or its time is over.",
  });
}
