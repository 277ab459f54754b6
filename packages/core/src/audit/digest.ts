import { z } from "zod";

const hex = z.string().regex(/^[0-9a-f]{64}$/);
/** Ed25519 signatures are 64 bytes: 86 characters of base64url. */
const signature = z.string().regex(/^[A-Za-z0-9_-]{86}$/);
const at = z.string().regex(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$/);
const seq = z.int().min(0);

/** What a digest says before it is signed. */
export const UnsignedDigest = z.object({
  tenant: z.string().regex(/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/),
  /** Digests of a tenant are counted from 1. */
  n: z.int().min(1),
  from: z.int().min(1),
  /** One less than `from` where nothing was written since the digest before. */
  to: seq,
  count: seq,
  /** The hash of the entry `to`. */
  headHash: hex,
  /** Of the digest before; empty for the first. */
  previousSignature: z.union([z.literal(""), signature]),
  at,
});
export type UnsignedDigest = z.infer<typeof UnsignedDigest>;

/** A signed statement of how far a tenant's chain went: what to keep outside. */
export const AuditDigest = z
  .strictObject({ format: z.literal("nofx.audit.digest.v1") })
  .extend(UnsignedDigest.shape)
  .extend({
    /** Names the key that signed: the first 16 hex digits of the SHA-256 of its public half (SPKI, DER). */
    kid: z.string().regex(/^[0-9a-f]{16}$/),
    signature,
  });
export type AuditDigest = z.infer<typeof AuditDigest>;

/** What is signed. */
export function digestText(digest: UnsignedDigest & { kid: string }): string {
  const { tenant, n, from, to, count, headHash, previousSignature, at: when, kid } = digest;
  return [
    "nofx.audit.digest.v1",
    tenant,
    n,
    from,
    to,
    count,
    headHash,
    previousSignature,
    when,
    kid,
  ].join("|");
}

/** Whether `signature` (base64url) is the key's on the text. The caller knows the keys and the algorithm. */
export type CheckSignature = (text: string, signature: string) => boolean;

/** Trusted keys by their id. */
export type AuditKeys = ReadonlyMap<string, CheckSignature>;
