import type { EmbeddingModelV4Result, LanguageModelV4GenerateResult } from "@ai-sdk/provider";
import type {
  ChatCompletion,
  EmbeddingList,
  OpenAiModelList,
  ResponseObject,
} from "@nofx/core/api/openai";
import type {
  AnswerHead,
  ChatCall,
  EmbeddingCall,
  ResponseCall,
  StreamWriter,
} from "./model-call.ts";

const later = (): never => {
  throw new Error("being built");
};

/** Throws OpenAiError (400, with `param`) on what is no request. */
export const readChatRequest: (json: unknown) => ChatCall = later;
export const chatAnswer: (
  call: ChatCall,
  result: LanguageModelV4GenerateResult,
  head: AnswerHead,
) => ChatCompletion = later;
export const chatStream: (call: ChatCall, head: AnswerHead) => StreamWriter = later;

export const readResponseRequest: (json: unknown) => ResponseCall = later;
export const responseAnswer: (
  call: ResponseCall,
  result: LanguageModelV4GenerateResult,
  head: AnswerHead,
) => ResponseObject = later;
export const responseStream: (call: ResponseCall, head: AnswerHead) => StreamWriter = later;

export const readEmbeddingRequest: (json: unknown) => EmbeddingCall = later;
export const embeddingAnswer: (
  call: EmbeddingCall,
  result: EmbeddingModelV4Result,
  model: string,
) => EmbeddingList = later;

export const modelList: (
  models: readonly { id: string; provider: string; createdAt: number }[],
) => OpenAiModelList = later;
