import type { GuardedResponse } from "@nofx/control/net";
import { unstorableJson } from "@nofx/core/vocabulary";

/** Headers of an answer that say something about it and carry no session. */
const KEPT = [
  "content-type",
  "content-length",
  "date",
  "etag",
  "last-modified",
  "location",
  "retry-after",
  "x-request-id",
];

const JSON_TYPE = /^application\/(?:[\w.-]+\+)?json\s*(?:;|$)/i;
// oxlint-disable-next-line no-control-regex
const NUL = /\u0000/g;

/** What a later step may read of an answer: JSON as such, text as text, anything else in base64. */
export function outputOf(response: GuardedResponse): Record<string, unknown> {
  const { status, truncated } = response;
  const headers = Object.fromEntries(
    KEPT.flatMap((name) => {
      const value = response.headers[name];
      return value === undefined ? [] : [[name, storable(value)]];
    }),
  );
  return { status, headers, truncated, ...bodyOf(response) };
}

function bodyOf(response: GuardedResponse): {
  encoding: "json" | "text" | "base64";
  body: unknown;
} {
  const text = textOf(response);
  if (text === undefined) {
    return { encoding: "base64", body: Buffer.from(response.body).toString("base64") };
  }
  if (!response.truncated && JSON_TYPE.test(response.headers["content-type"] ?? "")) {
    const json = jsonOf(text);
    if (json !== undefined) return { encoding: "json", body: json };
  }
  return { encoding: "text", body: storable(text) };
}

/** Undefined when it is not UTF-8; a character that the limit cut in two is left out. */
export function textOf({ body, truncated }: GuardedResponse): string | undefined {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(body, { stream: truncated });
  } catch {
    return undefined;
  }
}

/** Undefined when it is no JSON, or none that can be stored. */
function jsonOf(text: string): unknown {
  try {
    const value: unknown = JSON.parse(text);
    return unstorableJson(value).length > 0 ? undefined : value;
  } catch {
    return undefined;
  }
}

function storable(text: string): string {
  return text.replace(NUL, "\ufffd").toWellFormed();
}
