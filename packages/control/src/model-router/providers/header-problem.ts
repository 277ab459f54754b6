const NAME = /^[!#$%&'*+.^_`|~0-9A-Za-z-]{1,128}$/;
const VALUE = /^[\t\x20-\x7e\x80-\xff]{0,8192}$/;

/** Whose values are ours: what carries the key, and what frames the message. */
const TAKEN = new Set([
  "authorization",
  "x-api-key",
  "x-goog-api-key",
  "api-key",
  "cookie",
  "host",
  "content-length",
  "content-type",
  "content-encoding",
  "transfer-encoding",
  "accept-encoding",
  "connection",
  "keep-alive",
  "upgrade",
  "expect",
  "te",
  "trailer",
]);

/** Why a header of a provider's settings may not be sent; undefined where it may. Never with its value, which may be secret. */
export function headerProblem(name: string, value: string): string | undefined {
  if (!NAME.test(name)) return "A header's name has letters, digits and - only.";
  const lower = name.toLowerCase();
  if (TAKEN.has(lower) || lower.startsWith("proxy-")) {
    return `The header ${lower} is not for settings: keys belong in the vault, the rest is set here.`;
  }
  return isHeaderValue(value)
    ? undefined
    : `The header ${lower} has a value that no header can have.`;
}

/** No line breaks, no other control characters, nothing beyond Latin-1. */
export function isHeaderValue(value: string): boolean {
  return VALUE.test(value);
}
