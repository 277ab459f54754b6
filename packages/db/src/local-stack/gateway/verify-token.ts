import { createHmac, timingSafeEqual } from "node:crypto";
import type { Keys } from "./keys.ts";

/** What a credential says about its bearer: the payload of the token, with the database role it acts as. */
export type Claims = { role: string; sub?: string; exp?: number } & Record<string, unknown>;

export type Verdict =
  | { ok: true; claims: Claims }
  | { ok: false; reason: "malformed" | "wrong_signature" | "expired" };

/** Judges what a client presents: one of the two API keys, or a token signed with the stack's secret. */
export function verifyCredential(credential: string, keys: Keys, now = Date.now()): Verdict {
  if (equal(credential, keys.publishableKey)) return { ok: true, claims: { role: "anon" } };
  if (equal(credential, keys.secretKey)) return { ok: true, claims: { role: "service_role" } };
  const payload = verifySignature(credential, keys.jwtSecret);
  if (typeof payload === "string") return { ok: false, reason: payload };
  const { role, exp } = payload;
  if (typeof role !== "string") return { ok: false, reason: "malformed" };
  if (typeof exp !== "number" || exp * 1000 <= now) return { ok: false, reason: "expired" };
  return { ok: true, claims: payload as Claims };
}

/** The payload of an HS256 token, or why there is none; says nothing about its age. */
export function verifySignature(
  token: string,
  secret: string,
): Record<string, unknown> | "malformed" | "wrong_signature" {
  const [head = "", body = "", signature = "", ...more] = token.split(".");
  if (!head || !body || !signature || more.length > 0) return "malformed";
  const header = decode(head);
  const payload = decode(body);
  if (!header || !payload || header["alg"] !== "HS256") return "malformed";
  const expected = createHmac("sha256", secret).update(`${head}.${body}`).digest("base64url");
  return equal(signature, expected) ? payload : "wrong_signature";
}

function decode(part: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(Buffer.from(part, "base64url").toString("utf8"));
    return typeof value === "object" && value !== null
      ? (value as Record<string, unknown>)
      : undefined;
  } catch {
    return undefined;
  }
}

function equal(a: string, b: string): boolean {
  const left = Buffer.from(a);
  const right = Buffer.from(b);
  return left.length === right.length && timingSafeEqual(left, right);
}
