export {
  chatAnswer,
  chatStream,
  embeddingAnswer,
  modelList,
  readChatRequest,
  readEmbeddingRequest,
  readResponseRequest,
  responseAnswer,
  responseStream,
} from "./signatures.ts";
export type {
  AnswerHead,
  ChatCall,
  EmbeddingCall,
  ModelCall,
  Need,
  ResponseCall,
  StreamWriter,
} from "./model-call.ts";
export { OpenAiError, openAiError, type OpenAiErrorOptions } from "./openai-error.ts";
