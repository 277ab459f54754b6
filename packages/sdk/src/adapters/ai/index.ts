export type { Conversation } from "../conversation.ts";
export { aiTask, type AiOptions } from "./ai-task.ts";
export type { AiAnswer } from "./answer.ts";
export type { Durable } from "./durable.ts";
