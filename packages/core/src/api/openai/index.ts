export * from "./chat-completion.ts";
export * from "./chat-request.ts";
export * from "./embeddings.ts";
export * from "./errors.ts";
export * from "./models.ts";
export * from "./response.ts";
export * from "./response-request.ts";
export { JsonSchemaObject, ReasoningEffort } from "./shared.ts";
