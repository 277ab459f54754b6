import { NofxError } from "@nofx/core/errors";
import { nestedDeeperThan } from "@nofx/core/vocabulary";
import { readJson } from "../http/read-json.ts";
import {
  openAiError,
  readChatRequest,
  readEmbeddingRequest,
  readResponseRequest,
  type EmbeddingCall,
  type ModelCall,
} from "../model-router/wire/index.ts";
import type { EndpointName } from "./call-frame.ts";
import { MOST_BYTES, MOST_LEVELS } from "./limits.ts";

const READ: Record<EndpointName, (json: unknown) => ModelCall | EmbeddingCall> = {
  chat: readChatRequest,
  responses: readResponseRequest,
  embeddings: readEmbeddingRequest,
};

/** The body of a request. Throws OpenAiError on what is none, or too large. */
export async function readCall(
  endpoint: EndpointName,
  request: Request,
): Promise<ModelCall | EmbeddingCall> {
  return READ[endpoint](await bodyOf(request));
}

async function bodyOf(request: Request): Promise<unknown> {
  try {
    const json = await readJson(request, MOST_BYTES);
    if (!nestedDeeperThan(MOST_LEVELS, json)) return json;
  } catch (error) {
    if (!NofxError.is(error) || error.code !== "payload_too_large") throw error;
    throw openAiError("payload_too_large", `A request has at most ${MOST_BYTES} bytes.`, 413);
  }
  throw openAiError("invalid_value", `A request has at most ${MOST_LEVELS} levels.`, 400);
}
