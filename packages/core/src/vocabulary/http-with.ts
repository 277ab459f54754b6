import { z } from "zod";
import { storableText, unstorableJson } from "./text.ts";

export const HttpMethod = z.enum(["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"]);
export type HttpMethod = z.infer<typeof HttpMethod>;

/** Methods that may be sent twice by their own definition (RFC 9110, 9.2.2). */
const REPEATABLE: ReadonlySet<HttpMethod> = new Set(["GET", "HEAD", "PUT", "DELETE"]);

/** A header's value that cannot end its line. */
const HeaderValue = z
  .string()
  .max(4_096)
  .regex(/^[\t\x20-\x7e]*$/, "use visible ASCII in one line");
const HEADER_NAME = /^[!#$%&'*+.^_`|~0-9A-Za-z-]{1,128}$/;

/** They belong to the connection, are set by the worker, or would put a credential where every reader of the plan sees it. */
const NOT_YOURS =
  /^(?:host|connection|keep-alive|proxy-.*|te|trailer|transfer-encoding|upgrade|content-length|expect|forwarded|x-forwarded-.*|x-real-ip|idempotency-key|fencing-token|traceparent|tracestate|accept-encoding|sec-.*)$/i;
const CREDENTIALS = /^(?:authorization|cookie|set-cookie)$/i;

const Headers = z.record(z.string(), HeaderValue).superRefine((headers, ctx) => {
  const names = Object.keys(headers);
  const report = (name: string, message: string) =>
    ctx.addIssue({ code: "custom", path: [name.slice(0, 128)], message });
  if (names.length > 50) ctx.addIssue({ code: "custom", message: "give 50 headers at most" });
  const seen = new Set<string>();
  for (const name of names.slice(0, 51)) {
    const lower = name.toLowerCase();
    if (!HEADER_NAME.test(name)) report(name, "is not the name of a header");
    else if (CREDENTIALS.test(name)) {
      report(
        name,
        "arguments are shown to everyone who may read the plan: credentials do not belong here",
      );
    } else if (NOT_YOURS.test(name)) report(name, "this header is set by the worker");
    else if (seen.has(lower)) report(name, "is there twice");
    seen.add(lower);
  }
});

const HttpBody = z
  .strictObject({
    text: storableText(1_048_576).optional(),
    json: z
      .unknown()
      .superRefine((value, ctx) => {
        for (const issue of unstorableJson(value ?? null))
          ctx.addIssue({ code: "custom", ...issue });
      })
      .optional(),
  })
  .refine((body) => (body.text === undefined) !== (body.json === undefined), {
    message: "give exactly one of text and json",
  });

/** An address that a request may name: http or https, no credentials in it. Whether it may be reached is seen when it is sent. */
export const HttpUrl = storableText(2_048, 1)
  .refine(isHttp, "use an http or https address")
  .refine((text) => !hasCredentials(text), "put no user or password into the address");

/** `with` of an `http` step: one request, and which answers mean that it worked. */
export const HttpWith = z
  .strictObject({
    method: HttpMethod.default("GET"),
    url: HttpUrl,
    headers: Headers.optional(),
    body: HttpBody.optional(),
    timeoutSeconds: z.int().min(1).max(3_600).default(30),
    expectStatus: z.array(z.int().min(200).max(599)).min(1).max(50).optional().meta({
      description: "Statuses that mean success; 200 to 299 when absent",
    }),
    maxResponseBytes: z.int().min(0).max(1_048_576).default(65_536).meta({
      description: "More of the answer's body than this is cut off",
    }),
    idempotent: z.boolean().optional().meta({
      description:
        "Whether it may be sent again when nobody knows what became of it: the receiver honours the Idempotency-Key header. GET, HEAD, PUT and DELETE may; POST and PATCH may not, unless this says so",
    }),
  })
  .refine((value) => value.body === undefined || !["GET", "HEAD"].includes(value.method), {
    message: "GET and HEAD have no body",
    path: ["body"],
  });
export type HttpWith = z.infer<typeof HttpWith>;

/** Whether a request may be sent again although an earlier one may have had its effect. */
export function isRepeatable({ method, idempotent }: Pick<HttpWith, "method" | "idempotent">) {
  return idempotent ?? REPEATABLE.has(method);
}

function isHttp(text: string): boolean {
  return /^https?:\/\//i.test(text) && URL.canParse(text);
}

function hasCredentials(text: string): boolean {
  if (!URL.canParse(text)) return false;
  const { username, password } = new URL(text);
  return username !== "" || password !== "";
}
