export { chatAnswer } from "./chat-answer.ts";
export { chatStream } from "./chat-stream.ts";
export { embeddingAnswer, readEmbeddingRequest } from "./embeddings.ts";
export { estimateTokens, tokensOfText } from "./estimate-tokens.ts";
export type {
  AnswerHead,
  ChatCall,
  EmbeddingCall,
  ModelCall,
  ResponseCall,
  StreamWriter,
} from "./model-call.ts";
export { modelList } from "./model-list.ts";
export { OpenAiError, openAiError, type OpenAiErrorOptions } from "./openai-error.ts";
export { readChatRequest } from "./read-chat-request.ts";
export { readResponseRequest } from "./read-response-request.ts";
export { responseAnswer } from "./response-answer.ts";
export { responseStream } from "./response-stream.ts";
export { usageOfModel } from "./usage-of.ts";
