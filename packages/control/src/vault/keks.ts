import { createHash } from "node:crypto";
import { base64url } from "jose";
import { z } from "zod";
import { newBytes } from "./random-bytes.ts";
import type { KeyEncryptionKey, KeyEncryptionKeys } from "./vault.ts";

const KID = /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/;

/** 32 bytes under a name, as base64url. */
export interface RawKek {
  readonly kid: string;
  readonly k: string;
}

/** A KEK that can wrap and unwrap and cannot be read out again. Throws TypeError on what is none, without repeating it. */
export async function importKek({ kid, k }: RawKek): Promise<KeyEncryptionKey> {
  const bytes = new Uint8Array(base64url.decode(k));
  const key = await crypto.subtle.importKey("raw", bytes, "AES-GCM", false, ["encrypt", "decrypt"]);
  return { kid, key, fingerprint: createHash("sha256").update(bytes).digest("hex") };
}

/** `1:<base64url>,2:<base64url>`, the newest last. Throws TypeError on anything else, without repeating it. */
export function readKekList(text: string): RawKek[] {
  const entries = text
    .split(",")
    .map((entry) => entry.trim())
    .filter((entry) => entry !== "");
  return checked(
    entries.map((entry) => {
      const colon = entry.indexOf(":");
      return { kid: entry.slice(0, Math.max(0, colon)), k: entry.slice(colon + 1) };
    }),
  );
}

const JwkSet = z.object({
  keys: z.array(
    z.object({
      kty: z.literal("oct"),
      kid: z.string(),
      alg: z.literal("A256GCMKW"),
      k: z.string(),
    }),
  ),
});

/** A JWK Set (RFC 7517) of symmetric keys, the newest last. Throws TypeError on anything else, without repeating it. */
export function readKekSet(text: string): RawKek[] {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    throw new TypeError("the KEKs are not JSON");
  }
  const set = JwkSet.safeParse(json);
  if (!set.success) throw new TypeError("the KEKs are no JWK Set of A256GCMKW keys");
  return checked(set.data.keys);
}

export function writeKekSet(keks: readonly RawKek[]): string {
  const keys = keks.map(({ kid, k }) => ({ kty: "oct", kid, alg: "A256GCMKW", k }));
  return `${JSON.stringify({ keys }, null, 2)}\n`;
}

/** A new KEK under the next name: a number higher than all, or 1. */
export function newKek(known: readonly RawKek[]): RawKek {
  const highest = Math.max(0, ...known.map(({ kid }) => (/^\d{1,9}$/.test(kid) ? Number(kid) : 0)));
  const k = base64url.encode(newBytes(32));
  return { kid: String(highest + 1), k };
}

/** KEKs that are given once, as an environment does. */
export function givenKeks(given: readonly RawKek[]): KeyEncryptionKeys {
  const imported = new Map(given.map((one) => [one.kid, importKek(one)]));
  return {
    find: async (kid) => imported.get(kid),
    versions: async () => [...imported.keys()],
  };
}

function checked(keks: readonly RawKek[]): RawKek[] {
  if (keks.length === 0) throw new TypeError("there is no KEK");
  const seen = new Set<string>();
  for (const [i, { kid, k }] of keks.entries()) {
    if (!KID.test(kid)) throw new TypeError(`KEK ${i + 1} has no usable name`);
    if (seen.has(kid)) throw new TypeError(`there are two KEKs named ${kid}`);
    if (!/^[A-Za-z0-9_-]{43}$/.test(k))
      throw new TypeError(`KEK ${kid} is not 32 bytes as base64url`);
    seen.add(kid);
  }
  return keks.map(({ kid, k }) => ({ kid, k }));
}
