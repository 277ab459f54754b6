import type { wrapLanguageModel } from "ai";

type Model = ReturnType<typeof wrapLanguageModel>;
export type Generated = Awaited<ReturnType<Model["doGenerate"]>>;

/** What a model gave, as JSON can hold it: bytes as base64, which the AI SDK takes as well; what was sent is left out. */
export function toStored(result: Generated): unknown {
  const { request: _request, response, ...rest } = result;
  const { id, modelId, timestamp } = response ?? {};
  return JSON.parse(JSON.stringify({ ...rest, response: { id, modelId, timestamp } }, withBase64));
}

export function fromStored(stored: unknown): Generated {
  const { response, ...rest } = stored as Generated;
  const { timestamp, ...ids } = response ?? {};
  const at = timestamp === undefined ? {} : { timestamp: new Date(timestamp) };
  return { ...rest, response: { ...ids, ...at } };
}

/** Looks at what is there, before a Buffer says of itself what it is in JSON. */
function withBase64(this: Record<string, unknown>, key: string, value: unknown): unknown {
  const bytes = this[key];
  return bytes instanceof Uint8Array ? Buffer.from(bytes).toString("base64") : value;
}
