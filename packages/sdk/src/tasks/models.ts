import type { SchemaOutput, StandardSchema } from "../schema/index.ts";
import type { Literal } from "./names.ts";

/** A message as OpenAI's protocol has it. */
export interface ChatMessage {
  role: "system" | "developer" | "user" | "assistant" | "tool";
  content: unknown;
  [more: string]: unknown;
}

export interface LlmRequest<M extends string> {
  /** One of the models that the task was built with; the first of them unless told. */
  model?: M;
  /** What the model is told of itself. */
  system?: string;
  /** What it is asked; or `messages`. */
  prompt?: string;
  messages?: readonly ChatMessage[];
  maxTokens?: number;
  temperature?: number;
  /** Functions that the model may ask for, as OpenAI's protocol has them: they come back as `toolCalls`. */
  tools?: readonly unknown[];
  /** What this call may cost at most. */
  budgetUsd?: number;
  /** How long it may take. */
  deadlineSeconds?: number;
  cache?: "exact" | "semantic" | "off";
}

export interface LlmAnswer {
  readonly text: string;
  /** The model that answered, and who provides it. */
  readonly model: string;
  readonly provider: string;
  readonly callId: string;
  readonly finishReason: string;
  readonly inputTokens: number;
  readonly outputTokens: number;
  /** Exact, as it was charged. */
  readonly costUsd: string;
  readonly toolCalls: readonly {
    readonly id: string;
    readonly name: string;
    readonly arguments: string;
  }[];
}

export interface LlmObject<T> extends LlmAnswer {
  readonly output: T;
}

/** For clients that speak OpenAI's protocol themselves (`openai`, the AI SDK): where, with what key, charged to this step. */
export interface ModelConnection {
  readonly baseURL: string;
  readonly apiKey: string;
  readonly headers: Readonly<Record<string, string>>;
}

/**
 * Asks a model through the control plane: its router chooses, its budgets hold, the call is charged to this step. With a name
 * the answer is a checkpoint: a step that is tried again does not pay for it twice.
 */
export interface Llm<M extends string> {
  <const N extends string>(
    name: N & Literal<N>,
    request: LlmRequest<M> & { key?: string | number },
  ): Promise<LlmAnswer>;
  <const N extends string, S extends StandardSchema>(
    name: N & Literal<N>,
    request: LlmRequest<M> & { key?: string | number; output: S },
  ): Promise<LlmObject<SchemaOutput<S>>>;
  <S extends StandardSchema>(
    request: LlmRequest<M> & { output: S },
  ): Promise<LlmObject<SchemaOutput<S>>>;
  (request: LlmRequest<M>): Promise<LlmAnswer>;
  connection(): Promise<ModelConnection>;
}

/** What `.models(...)` adds to the context. */
export interface ModelAccess<M extends string> {
  readonly llm: Llm<M>;
}
