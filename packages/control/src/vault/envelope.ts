import { createHash } from "node:crypto";
import { keyPlaceText, type KeyPlace } from "@nofx/core/vault";
import { FlattenedEncrypt, base64url, flattenedDecrypt } from "jose";
import { z } from "zod";
import { newBytes } from "./random-bytes.ts";
import type { KeyEncryptionKey } from "./vault.ts";

// A secret as it is stored: a flattened JWE (RFC 7516), encrypted by a key of its own (DEK), which the KEK wraps. `alg`, `kid` and the
// wrapping's own iv and tag are in the unprotected header: so a DEK can be wrapped by another KEK without opening the secret. Changing
// them leads to a DEK that does not open it, and which algorithms are taken is said here, not there.

const part = z.string().regex(/^[A-Za-z0-9_-]+$/);

/** What is stored of a secret. */
export const Envelope = z.strictObject({
  protected: part,
  header: z.strictObject({
    alg: z.literal("A256GCMKW"),
    kid: z.string().min(1).max(64),
    iv: part,
    tag: part,
  }),
  encrypted_key: part,
  iv: part,
  ciphertext: part,
  tag: part,
  aad: part,
});
export type Envelope = z.infer<typeof Envelope>;

const text = new TextEncoder();

/** Encrypts a secret for one place. */
export async function seal(
  secret: string,
  place: KeyPlace,
  kek: KeyEncryptionKey,
): Promise<Envelope> {
  const dek = newBytes(32);
  const content = await new FlattenedEncrypt(text.encode(secret))
    .setProtectedHeader({ enc: "A256GCM" })
    .setUnprotectedHeader({ alg: "dir" })
    .setAdditionalAuthenticatedData(text.encode(keyPlaceText(place)))
    .encrypt(dek);
  return Envelope.parse({ ...content, ...(await wrap(dek, kek)) });
}

/** Decrypts what was sealed for this place. Throws where anything of it is not as it was. */
export async function open(
  envelope: Envelope,
  place: KeyPlace,
  kek: KeyEncryptionKey,
): Promise<string> {
  // the place that is asked for, not the one that is told
  const aad = base64url.encode(keyPlaceText(place));
  const { plaintext } = await flattenedDecrypt({ ...envelope, aad }, kek.key, {
    keyManagementAlgorithms: ["A256GCMKW"],
    contentEncryptionAlgorithms: ["A256GCM"],
  });
  return new TextDecoder().decode(plaintext);
}

/** The same secret under another KEK. It stays closed: only its key is unwrapped and wrapped again. */
export async function rewrap(
  envelope: Envelope,
  from: KeyEncryptionKey,
  to: KeyEncryptionKey,
): Promise<Pick<Envelope, "header" | "encrypted_key">> {
  return wrap(await unwrap(envelope, from.key), to);
}

/** What nobody can change of a stored secret without its being noticed: all that does not depend on the KEK. */
export function digestOf({ protected: head, iv, ciphertext, tag, aad }: Envelope): string {
  return createHash("sha256").update([head, iv, ciphertext, tag, aad].join(".")).digest("hex");
}

// Wrapping by A256GCMKW is encrypting the DEK by A256GCM without associated data, which a JWE with nothing in its protected header is.
const DIRECT = { alg: "dir", enc: "A256GCM" } as const;

async function wrap(
  dek: Uint8Array,
  { kid, key }: KeyEncryptionKey,
): Promise<Pick<Envelope, "header" | "encrypted_key">> {
  const { iv, tag, ciphertext } = await new FlattenedEncrypt(dek)
    .setUnprotectedHeader(DIRECT)
    .encrypt(key);
  if (iv === undefined || tag === undefined) throw new Error("A256GCM made no iv or tag");
  return { header: { alg: "A256GCMKW", kid, iv, tag }, encrypted_key: ciphertext };
}

async function unwrap(
  { header, encrypted_key }: Envelope,
  kek: KeyEncryptionKey["key"],
): Promise<Uint8Array> {
  const wrapped = { header: DIRECT, iv: header.iv, tag: header.tag, ciphertext: encrypted_key };
  const { plaintext } = await flattenedDecrypt(wrapped, kek, {
    keyManagementAlgorithms: ["dir"],
    contentEncryptionAlgorithms: ["A256GCM"],
  });
  return plaintext;
}
