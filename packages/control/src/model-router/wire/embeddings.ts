import type { EmbeddingModelV4Result } from "@ai-sdk/provider";
import { EmbeddingRequest, type EmbeddingList } from "@nofx/core/api/openai";
import { tokensOfText } from "./estimate-tokens.ts";
import type { EmbeddingCall } from "./model-call.ts";
import { parseRequest } from "./parse-request.ts";

/** A body of `POST /v1/embeddings`. Throws OpenAiError (400, with `param`) on what is no request. */
export function readEmbeddingRequest(json: unknown): EmbeddingCall {
  const request = parseRequest(EmbeddingRequest, json);
  const values = typeof request.input === "string" ? [request.input] : request.input;
  const { dimensions, user } = request;
  return {
    api: "embeddings",
    model: request.model,
    needs: ["embeddings"],
    inputTokens: values.reduce((sum, value) => sum + tokensOfText(value), 0),
    encoding: request.encoding_format ?? "float",
    options: {
      values,
      ...(dimensions != null && { dimensions }),
      ...(user != null && {
        providerOptions: { openai: { user }, openaiCompatible: { user } },
      }),
    },
  };
}

/** What `POST /v1/embeddings` answers. Where the provider tells no tokens, the estimate stands: OpenAI's form knows no other. */
export function embeddingAnswer(
  call: EmbeddingCall,
  result: EmbeddingModelV4Result,
  model: string,
): EmbeddingList {
  const tokens = result.usage?.tokens ?? call.inputTokens;
  return {
    object: "list",
    data: result.embeddings.map((embedding, index) => ({
      object: "embedding",
      index,
      embedding: call.encoding === "base64" ? base64Of(embedding) : embedding,
    })),
    model,
    usage: { prompt_tokens: tokens, total_tokens: tokens },
  };
}

function base64Of(embedding: readonly number[]): string {
  const bytes = Buffer.alloc(embedding.length * 4);
  embedding.forEach((value, i) => bytes.writeFloatLE(value, i * 4));
  return bytes.toString("base64");
}
