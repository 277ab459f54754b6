import { createCipheriv, createDecipheriv, createHash } from "node:crypto";
import { canonicalJson } from "@nofx/core/canonical";
import { newBytes } from "../vault/random-bytes.ts";
import type { KeyEncryptionKey } from "../vault/vault.ts";

// What people, agents and models said is stored sealed: AES-256-GCM under a key of the item's own, which the KEK wraps. Both are bound to
// tenant and item, so neither opens another's. The key is in another table than what it opens: who destroys it destroys every copy.

const IV = 12;
const TAG = 16;
const SALT = 16;

/** Whose content it is. */
export interface Item {
  readonly tenantId: string;
  /** The item's uuid. */
  readonly id: string;
}

/** As it is stored. */
export interface Sealed {
  readonly sealed: Uint8Array;
  readonly wrapped: Uint8Array;
  /** The KEK that wraps the key; null where the process was given none: then the key is stored as it is. */
  readonly kek: string | null;
  /** SHA-256 of a salt, which is sealed with the content, and the content as canonical JSON. */
  readonly contentHash: string;
}

/** Seals any JSON value. */
export async function sealContent(
  value: unknown,
  item: Item,
  kek: KeyEncryptionKey | undefined,
): Promise<Sealed> {
  const key = newBytes(32);
  const iv = newBytes(IV);
  const salt = Buffer.from(newBytes(SALT)).toString("base64url");
  const text = canonicalJson(value ?? null);
  const cipher = createCipheriv("aes-256-gcm", key, iv);
  cipher.setAAD(placeOf(item));
  const sealed = Buffer.concat([
    iv,
    cipher.update(`${salt}\n${text}`, "utf8"),
    cipher.final(),
    cipher.getAuthTag(),
  ]);
  const contentHash = createHash("sha256").update(`${salt}\n${text}`).digest("hex");
  if (kek === undefined) return { sealed, wrapped: key, kek: null, contentHash };
  return { sealed, wrapped: await wrap(key, item, kek), kek: kek.kid, contentHash };
}

/** Opens what was sealed for this item. Throws where anything of it is not as it was. */
export async function openContent(
  { sealed, wrapped, kek }: Pick<Sealed, "sealed" | "wrapped" | "kek">,
  item: Item,
  find: (kid: string) => Promise<KeyEncryptionKey | undefined>,
): Promise<unknown> {
  const key = kek === null ? wrapped : await unwrap(wrapped, item, await known(kek, find));
  const decipher = createDecipheriv("aes-256-gcm", key, sealed.subarray(0, IV));
  decipher.setAAD(placeOf(item));
  decipher.setAuthTag(sealed.subarray(-TAG));
  const text = Buffer.concat([decipher.update(sealed.subarray(IV, -TAG)), decipher.final()]);
  return JSON.parse(text.subarray(text.indexOf(0x0a) + 1).toString("utf8"));
}

/** A key that is stored as it is, or under one KEK, under another. */
export async function rewrapContentKey(
  { wrapped }: Pick<Sealed, "wrapped">,
  item: Item,
  from: KeyEncryptionKey,
  to: KeyEncryptionKey,
): Promise<Uint8Array> {
  return wrap(await unwrap(wrapped, item, from), item, to);
}

/** The KEK that wrapped an item's key is not one that this process has. */
export class KekUnknown extends Error {
  override readonly name = "KekUnknown";
}

async function known(
  kid: string,
  find: (kid: string) => Promise<KeyEncryptionKey | undefined>,
): Promise<KeyEncryptionKey> {
  const kek = await find(kid);
  if (kek === undefined) throw new KekUnknown(`this process has no KEK ${kid}`);
  return kek;
}

function placeOf({ tenantId, id }: Item): Uint8Array<ArrayBuffer> {
  return new TextEncoder().encode(`nofx content|${tenantId}|${id}`);
}

async function wrap(
  key: Uint8Array<ArrayBuffer>,
  item: Item,
  kek: KeyEncryptionKey,
): Promise<Uint8Array<ArrayBuffer>> {
  const iv = newBytes(IV);
  const how = { name: "AES-GCM", iv, additionalData: placeOf(item) };
  const wrapped = await crypto.subtle.encrypt(how, kek.key, key);
  return new Uint8Array(Buffer.concat([iv, new Uint8Array(wrapped)]));
}

async function unwrap(
  wrapped: Uint8Array,
  item: Item,
  kek: KeyEncryptionKey,
): Promise<Uint8Array<ArrayBuffer>> {
  const bytes = new Uint8Array(wrapped);
  const how = { name: "AES-GCM", iv: bytes.subarray(0, IV), additionalData: placeOf(item) };
  return new Uint8Array(await crypto.subtle.decrypt(how, kek.key, bytes.subarray(IV)));
}
