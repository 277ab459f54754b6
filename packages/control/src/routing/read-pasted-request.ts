import { RouteRequestInput } from "@nofx/core/api";
import { issuesFromZod, NofxError } from "@nofx/core/errors";
import { UNSAID_OUTPUT_TOKENS } from "../model-endpoint/limits.ts";
import {
  OpenAiError,
  readChatRequest,
  readEmbeddingRequest,
  readResponseRequest,
  type EmbeddingCall,
  type ModelCall,
} from "../model-router/wire/index.ts";

/** What a request needs of a model: the body of one to the endpoint is read as the endpoint reads it, anything else as needs. */
export function readPastedRequest(pasted: unknown): RouteRequestInput {
  const call = readCall(pasted);
  if (call !== undefined) return needsOf(call);
  const parsed = RouteRequestInput.safeParse(pasted);
  if (parsed.success) return parsed.data;
  throw new NofxError("invalid_input", {
    detail:
      "Paste the body of a request with messages or input, or what it needs: {model, capabilities, inputTokens, maxOutputTokens, facts}.",
    issues: issuesFromZod(parsed.error).map(({ path, message }) => ({
      path: `/request${path}`,
      message,
    })),
  });
}

function readCall(pasted: unknown): ModelCall | EmbeddingCall | undefined {
  if (typeof pasted !== "object" || pasted === null) return undefined;
  const body = "model" in pasted ? pasted : { ...pasted, model: "auto" };
  try {
    if ("messages" in body) return readChatRequest(body);
    if (!("input" in body)) return undefined;
    const embeds = "dimensions" in body || "encoding_format" in body;
    return embeds ? readEmbeddingRequest(body) : readResponseRequest(body);
  } catch (error) {
    if (!(error instanceof OpenAiError)) throw error;
    throw new NofxError("invalid_input", {
      detail: error.message,
      issues: [{ path: "/request", message: error.message }],
    });
  }
}

function needsOf(call: ModelCall | EmbeddingCall): RouteRequestInput {
  const embeds = call.api === "embeddings";
  return RouteRequestInput.parse({
    model: call.model,
    capabilities: call.needs,
    inputTokens: call.inputTokens,
    maxOutputTokens: embeds ? 0 : (call.maxOutputTokens ?? UNSAID_OUTPUT_TOKENS),
    ...(!embeds && typeof call.request.user === "string" && { stickyKey: call.request.user }),
    facts: { endpoint: call.api },
  });
}
