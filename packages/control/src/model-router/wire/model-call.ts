import type {
  EmbeddingModelV4CallOptions,
  LanguageModelV4CallOptions,
  LanguageModelV4StreamPart,
} from "@ai-sdk/provider";
import type { ChatCompletionRequest, ResponseRequest } from "@nofx/core/api/openai";
import type { ModelCapability, Usage } from "@nofx/core/model-router";
import type { OpenAiError } from "./openai-error.ts";

interface CallBase {
  /** As the client named it: `provider/model`, an alias, `auto` or `policy:NAME`. */
  readonly model: string;
  /** What a model has to be able to do to take the request. */
  readonly needs: readonly ModelCapability[];
  /** An estimate: no tokenizer was asked. */
  readonly inputTokens: number;
}

interface LanguageCall extends CallBase {
  readonly stream: boolean;
  readonly maxOutputTokens: number | undefined;
  /** For `doGenerate` and `doStream` of any provider; plain JSON but for addresses of files. */
  readonly options: LanguageModelV4CallOptions;
}

/** A request to `/v1/chat/completions`. */
export interface ChatCall extends LanguageCall {
  readonly api: "chat";
  readonly request: ChatCompletionRequest;
}

/** A request to `/v1/responses`. */
export interface ResponseCall extends LanguageCall {
  readonly api: "responses";
  readonly request: ResponseRequest;
}

/** A request to `/v1/embeddings`. */
export interface EmbeddingCall extends CallBase {
  readonly api: "embeddings";
  readonly options: EmbeddingModelV4CallOptions;
  readonly encoding: "float" | "base64";
}

export type ModelCall = ChatCall | ResponseCall;

/** What an answer says of itself. */
export interface AnswerHead {
  /** `chatcmpl-...`, `resp_...`. */
  readonly id: string;
  /** In seconds. */
  readonly createdAt: number;
  /** The model that answered. */
  readonly model: string;
}

/**
 * Turns the parts of a provider's stream into the text of server-sent events. Pure: whoever reads the provider decides
 * what is written where, and goes on reading for the bill when nobody listens any more.
 */
export interface StreamWriter {
  /** The events that this part makes, ready to send: none, one or several. */
  write(part: LanguageModelV4StreamPart): string;
  /** What ends a stream that went well. */
  end(): string;
  /** What ends a stream that broke off. */
  fail(error: OpenAiError): string;
  /** As told by the last part; undefined before it, and where the provider tells none. */
  readonly usage: Usage | undefined;
}
