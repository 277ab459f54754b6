import { readFileSync } from "node:fs";
import { ModelCallView, RouteRequestInput, toRouteRequest } from "@nofx/core/api";
import type { ModelCapability } from "@nofx/core/model-router";
import type { TrafficCall } from "@nofx/core/model-router/replay";
import { z } from "zod";

/** A line of recorded traffic: what was asked, and when. */
const Line = z.object({ at: z.iso.datetime({ offset: true }), request: RouteRequestInput });

/** Or a call as the ledger has it, of which only this matters. */
const Ledger = ModelCallView.pick({
  callId: true,
  attempt: true,
  endpoint: true,
  asked: true,
  streamed: true,
  tokens: true,
  startedAt: true,
  agentId: true,
});

export interface ReadOptions {
  /** Whatever model was asked for: the policy is to choose. */
  readonly auto: boolean;
}

/** Reads JSON lines. Throws with the number of the line that cannot be read. */
export function readTraffic(file: string, { auto }: ReadOptions): TrafficCall[] {
  const lines = readFileSync(file, "utf8").split("\n");
  const calls = lines.flatMap((text, i): TrafficCall[] => {
    if (text.trim() === "") return [];
    const json = parse(text);
    const ledger = Ledger.safeParse(json);
    if (ledger.success) return ledger.data.attempt === 1 ? [callOf(ledger.data)] : [];
    const line = Line.safeParse(json);
    if (!line.success) {
      const [issue] = line.error.issues;
      throw new Error(`${file}:${i + 1}: ${issue?.path.join(".")} ${issue?.message}`);
    }
    const { at, request } = line.data;
    const read = toRouteRequest(request);
    return [{ at: Date.parse(at), request: { callKey: `line-${i + 1}`, ...read } }];
  });
  // the ledger tells the newest first
  const inOrder = calls.toSorted((a, b) => a.at - b.at);
  if (!auto) return inOrder;
  return inOrder.map(({ at, request }) => ({ at, request: { ...request, model: "auto" } }));
}

/** The ledger knows what was answered, not what might have been. */
function callOf(call: z.infer<typeof Ledger>): TrafficCall {
  const { tokens, endpoint, streamed, agentId } = call;
  const output = (tokens.output ?? 0) + (tokens.reasoning ?? 0);
  const capabilities: ModelCapability[] = [endpoint === "embeddings" ? "embeddings" : "text"];
  if (streamed) capabilities.push("streaming");
  return {
    at: Date.parse(call.startedAt),
    request: {
      model: call.asked,
      capabilities,
      inputTokens: (tokens.input ?? 0) + (tokens.cacheRead ?? 0) + (tokens.cacheWrite ?? 0),
      maxOutputTokens: output,
      ...(agentId !== null && { stickyKey: agentId }),
      callKey: call.callId,
      facts: {},
    },
  };
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
