import { z } from "zod";

/** Where a provider's machines are; `default` where it tells none. */
export const RegionName = z
  .string()
  .regex(/^[a-z0-9][a-z0-9._-]{0,63}$/, "use 1 to 64 of a-z 0-9 . _ -, a letter or digit first")
  .meta({ description: "Where its machines are", example: "eu" });

const HEADER_NAME = /^[A-Za-z0-9][A-Za-z0-9-]{0,63}$/;
/** Visible ASCII and single spaces within: nothing that ends a header and begins another. */
const HEADER_VALUE = /^[\x21-\x7e](?:[\x20-\x7e]{0,498}[\x21-\x7e])?$/;
const MOST_HEADERS = 20;

/** What the connection, the body and the key are told by is ours to say, and what holds secrets belongs into the vault. */
const OURS =
  /^(?:accept|accept-encoding|authorization|connection|content-.*|cookie|expect|forwarded|host|keep-alive|proxy-.*|set-cookie|te|trailer|transfer-encoding|upgrade|via|x-forwarded-.*|sec-.*|traceparent|tracestate)$/i;
const SECRET = /(?:api-?key|token|secret|password|credential|auth|signature)/i;

/** What is wrong with a header that a tenant wants sent to a provider; undefined where nothing is. */
export function headerProblem(name: string, value: string): string | undefined {
  if (!HEADER_NAME.test(name)) {
    return "a header's name has letters, digits and -, at most 64 of them";
  }
  if (OURS.test(name)) return "this header is not for settings: it is made for each call";
  if (SECRET.test(name)) return "this header would hold a secret: put that into the vault as a key";
  if (!HEADER_VALUE.test(value)) {
    return "a header's value has visible ASCII characters, at most 500 of them, in one line";
  }
  return undefined;
}

/** Headers that are sent to a provider with every call. Shown to everybody in the tenant. */
export const ProviderHeaders = z
  .record(z.string(), z.string())
  .superRefine((headers, ctx) => {
    const names = Object.keys(headers);
    if (names.length > MOST_HEADERS) {
      ctx.addIssue({ code: "custom", message: `at most ${MOST_HEADERS} headers` });
    }
    const seen = new Set<string>();
    for (const [name, value] of Object.entries(headers)) {
      const message =
        headerProblem(name, value) ??
        (seen.has(name.toLowerCase()) ? "this header is there twice" : undefined);
      seen.add(name.toLowerCase());
      if (message !== undefined) ctx.addIssue({ code: "custom", path: [name], message });
    }
  })
  .meta({
    description: "Sent with every call. No secrets: they are shown",
    example: { "x-team": "search" },
  });
