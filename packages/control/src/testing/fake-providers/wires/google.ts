import type { Usage } from "@nofx/core/model-router";
import { piecesOf, sse, type WholeAnswer, type Wire } from "../fake-answer.ts";

const FINISH = { whole: "STOP", length: "MAX_TOKENS", filtered: "SAFETY" } as const;
const STATUS: Record<number, string> = {
  400: "INVALID_ARGUMENT",
  401: "UNAUTHENTICATED",
  403: "PERMISSION_DENIED",
  404: "NOT_FOUND",
  429: "RESOURCE_EXHAUSTED",
  500: "INTERNAL",
  503: "UNAVAILABLE",
};

/** Google's generateContent. */
export const googleContent: Wire = {
  asked({ path }) {
    if (/:(batchEmbedContents|embedContent)$/.test(path)) return "embeddings";
    if (path.endsWith(":streamGenerateContent")) return "stream";
    return path.endsWith(":generateContent") ? "answer" : undefined;
  },
  answer: (_request, answer) => ({
    candidates: [
      {
        content: { role: "model", parts: partsOf(answer) },
        finishReason: FINISH[answer.ends],
        index: 0,
      },
    ],
    usageMetadata: usageOf(answer.usage),
    modelVersion: "fake",
    responseId: "fake",
  }),
  events(_request, answer) {
    const chunk = (parts: object[], rest: object = {}) =>
      sse({
        candidates: [{ content: { role: "model", parts }, index: 0, ...rest }],
        usageMetadata: usageOf(answer.usage),
        modelVersion: "fake",
        responseId: "fake",
      });
    return [
      ...piecesOf(answer.reasoning).map((text) => chunk([{ text, thought: true }])),
      ...piecesOf(answer.text).map((text) => chunk([{ text }])),
      chunk(callsOf(answer), { finishReason: FINISH[answer.ends] }),
    ];
  },
  embeddings: ({ path }, vectors) =>
    path.endsWith(":embedContent")
      ? { embedding: { values: vectors[0] } }
      : { embeddings: vectors.map((values) => ({ values })) },
  texts: ({ body }) => (Array.isArray(body.requests) ? body.requests.length : 1),
  error: (code, message) => ({
    error: {
      code,
      message,
      status: STATUS[code] ?? "UNKNOWN",
      ...(code === 429 && {
        details: [{ "@type": "type.googleapis.com/google.rpc.RetryInfo", retryDelay: "7s" }],
      }),
    },
  }),
  errorEvent: (_request, message) => sse({ error: { code: 503, message, status: "UNAVAILABLE" } }),
  key: (headers) => {
    const key = headers["x-goog-api-key"];
    return typeof key === "string" ? key : undefined;
  },
};

function partsOf(answer: WholeAnswer): object[] {
  const { text, reasoning } = answer;
  return [
    ...(reasoning === "" ? [] : [{ text: reasoning, thought: true }]),
    ...(text === "" ? [] : [{ text }]),
    ...callsOf(answer),
  ];
}

function callsOf({ toolCalls }: WholeAnswer): object[] {
  return toolCalls.map(({ name, input }) => ({
    functionCall: { name, args: input },
    thoughtSignature: "c2lnbmVk",
  }));
}

/** What was cached is part of the prompt, thoughts stand beside the candidates. */
function usageOf({ input, cacheRead, cacheWrite, output, reasoning }: Usage): object {
  const prompt = input + cacheRead + cacheWrite;
  return {
    promptTokenCount: prompt,
    candidatesTokenCount: output,
    totalTokenCount: prompt + output + reasoning,
    ...(cacheRead > 0 && { cachedContentTokenCount: cacheRead }),
    ...(reasoning > 0 && { thoughtsTokenCount: reasoning }),
    promptTokensDetails: [{ modality: "TEXT", tokenCount: prompt }],
  };
}
