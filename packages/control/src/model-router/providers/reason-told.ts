import type { SecretFilter } from "./secret-filter.ts";

const MOST = 300;
/** What looks like a key, whosever it is. */
const LIKE_A_KEY =
  /\b(?:Bearer\s+\S+|(?:sk|pk|rk|gsk|xai|key|api)[-_][\w*-]{6,}|AIza[\w-]{20,}|eyJ[\w-]{10,}\.[\w.-]+)/gi;

/**
 * What a provider says of a request that it refuses, for whoever made the request: on one line, shortened, without the key in
 * any form and without what looks like one. Undefined where its body is not JSON or says nothing.
 */
export function reasonTold(body: string, filter: SecretFilter): string | undefined {
  const text = messageIn(jsonOf(body), 0);
  if (text === undefined) return undefined;
  const line = text.replace(/[\p{C}\s]+/gu, " ").trim();
  const clean = filter.clean(line).replace(LIKE_A_KEY, "[redacted]");
  if (clean === "") return undefined;
  return clean.length > MOST ? `${clean.slice(0, MOST)}…` : clean;
}

function messageIn(value: unknown, depth: number): string | undefined {
  if (typeof value === "string") return value;
  if (typeof value !== "object" || value === null || depth > 3) return undefined;
  const { error, message, detail, msg } = value as Record<string, unknown>;
  const [first] = Array.isArray(value) ? (value as unknown[]) : [];
  for (const one of [error, message, detail, msg, first]) {
    const found = messageIn(one, depth + 1);
    if (found !== undefined) return found;
  }
  return undefined;
}

function jsonOf(body: string): unknown {
  try {
    const json: unknown = JSON.parse(body);
    return typeof json === "object" ? json : undefined;
  } catch {
    return undefined;
  }
}
