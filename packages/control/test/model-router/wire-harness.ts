import type { LanguageModelV4, LanguageModelV4StreamPart } from "@ai-sdk/provider";
import {
  chatAnswer,
  chatStream,
  OpenAiError,
  openAiError,
  readChatRequest,
  readResponseRequest,
  responseAnswer,
  responseStream,
  type ModelCall,
  type StreamWriter,
} from "@nofx/control/model-router/wire";

const HEAD = { createdAt: 1_760_000_000, model: "p/m-1" };

/** The endpoint without anything around it: reads a request, asks the model, writes the answer. For clients as their `fetch`. */
export function endpointOf(model: LanguageModelV4) {
  const calls: ModelCall[] = [];
  const texts: string[] = [];
  const fetch = async (input: unknown, init: RequestInit = {}): Promise<Response> => {
    const chat = String(input).endsWith("/chat/completions");
    try {
      const json: unknown = JSON.parse(init.body as string);
      const text = chat
        ? await answerChat(json, model, calls)
        : await answerResponse(json, model, calls);
      texts.push(text);
      const type = text.startsWith("{") ? "application/json" : "text/event-stream";
      return new Response(text, { headers: { "content-type": type } });
    } catch (error) {
      if (!(error instanceof OpenAiError)) throw error;
      return Response.json(error.body, { status: error.status, headers: error.headers });
    }
  };
  return { fetch, calls, texts };
}

async function answerChat(json: unknown, model: LanguageModelV4, calls: ModelCall[]) {
  const call = readChatRequest(json);
  calls.push(call);
  const head = { id: "chatcmpl-1", ...HEAD };
  if (call.stream) return streamed(model, call, chatStream(call, head));
  return JSON.stringify(chatAnswer(call, await model.doGenerate(call.options), head));
}

async function answerResponse(json: unknown, model: LanguageModelV4, calls: ModelCall[]) {
  const call = readResponseRequest(json);
  calls.push(call);
  const head = { id: "resp_1", ...HEAD };
  if (call.stream) return streamed(model, call, responseStream(call, head));
  return JSON.stringify(responseAnswer(call, await model.doGenerate(call.options), head));
}

async function streamed(model: LanguageModelV4, call: ModelCall, writer: StreamWriter) {
  let text = "";
  try {
    const { stream } = await model.doStream(call.options);
    for await (const part of stream) text += writer.write(part);
    return text + writer.end();
  } catch {
    return text + writer.fail(openAiError("provider_cut_off", "The answer broke off.", 502));
  }
}

/** The data of each event, in order. */
export function eventsIn(text: string): Record<string, unknown>[] {
  return text.split("\n\n").flatMap((block) => {
    const data = /^data: (.*)$/m.exec(block)?.[1];
    return data === undefined || data === "[DONE]"
      ? []
      : [JSON.parse(data) as Record<string, unknown>];
  });
}

/** A model that answers with these parts and no other, and keeps what it was asked. */
export function modelOf(parts: readonly LanguageModelV4StreamPart[]): LanguageModelV4 {
  return {
    specificationVersion: "v4",
    provider: "fixed",
    modelId: "fixed",
    supportedUrls: {},
    doGenerate: () => Promise.reject(new Error("streams only")),
    doStream: async () => ({
      stream: ReadableStream.from<LanguageModelV4StreamPart>(parts),
    }),
  };
}
