import { NO_USAGE, type Usage } from "@nofx/core/model-router";

/** What a fake provider's model says, in no provider's words. */
export interface FakeAnswer {
  readonly text?: string;
  readonly reasoning?: string;
  readonly toolCalls?: readonly { readonly name: string; readonly input: object }[];
  /** By our classes: each wire counts them as its provider does. */
  readonly usage?: Partial<Usage>;
  readonly ends?: "whole" | "length" | "filtered";
}

export interface WholeAnswer extends Required<Omit<FakeAnswer, "usage">> {
  readonly usage: Usage;
}

export function wholeAnswer(answer: FakeAnswer): WholeAnswer {
  const { text = "", reasoning = "", toolCalls = [], ends = "whole", usage } = answer;
  return { text, reasoning, toolCalls, ends, usage: { ...NO_USAGE, ...usage } };
}

/** A text as a model tells it: word by word. */
export function piecesOf(text: string): string[] {
  return text.match(/\s*\S+\s*/g) ?? [];
}

/** What is asked of a wire. */
export interface WireRequest {
  readonly path: string;
  readonly body: Readonly<Record<string, unknown>>;
}

/** A provider's protocol, as far as it is spoken here. */
export interface Wire {
  /** Undefined: there is nothing at this path. */
  asked(request: WireRequest): "answer" | "stream" | "embeddings" | undefined;
  answer(request: WireRequest, answer: WholeAnswer): object;
  /** The events of a stream, each as it is written, with what ends it. */
  events(request: WireRequest, answer: WholeAnswer): string[];
  embeddings(request: WireRequest, vectors: number[][], tokens: number): object;
  /** How many texts a request for embeddings has. */
  texts(request: WireRequest): number;
  error(status: number, message: string): object;
  /** An error told within a stream that began well. */
  errorEvent(request: WireRequest, message: string): string;
  /** The key that came with the request. */
  key(headers: Readonly<Record<string, string | string[] | undefined>>): string | undefined;
}

export const sse = (data: object | string, event?: string): string => {
  const text = typeof data === "string" ? data : JSON.stringify(data);
  return `${event === undefined ? "" : `event: ${event}\n`}data: ${text}\n\n`;
};

export function bearer(
  headers: Readonly<Record<string, string | string[] | undefined>>,
): string | undefined {
  return /^Bearer (.*)$/.exec(String(headers.authorization ?? ""))?.[1];
}
