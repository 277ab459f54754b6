export type { Conversation, ConversationMessage } from "../conversation.ts";
export type { OpenaiAnswer } from "./completion.ts";
export { openaiTask, type OpenaiOptions } from "./openai-task.ts";
