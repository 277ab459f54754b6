import {
  createHash,
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  sign,
  verify,
  type KeyObject,
} from "node:crypto";
import type { AuditKeys } from "@nofx/core/audit";

/** The private half of a key that digests are signed with. */
export interface SigningKey {
  readonly kid: string;
  /** base64url. */
  sign(text: string): string;
}

/** A key by what its public half is: the same wherever it lies and whatever it is called. */
function kidOf(publicKey: KeyObject): string {
  const der = publicKey.export({ type: "spki", format: "der" });
  return createHash("sha256").update(der).digest("hex").slice(0, 16);
}

/** Reads a private Ed25519 key from PEM (PKCS #8). Throws where it is none. */
export function readSigningKey(pem: string): SigningKey {
  const key = createPrivateKey(pem);
  refuseOthers(key);
  return {
    kid: kidOf(createPublicKey(key)),
    sign: (text) => sign(null, Buffer.from(text), key).toString("base64url"),
  };
}

/** Reads public Ed25519 keys from PEM, each by its id. Throws where one is none. */
export function readAuditKeys(pems: readonly string[]): AuditKeys {
  return new Map(
    pems.map((pem) => {
      const key = createPublicKey(pem);
      refuseOthers(key);
      const check = (text: string, signature: string) =>
        verify(null, Buffer.from(text), key, Buffer.from(signature, "base64url"));
      return [kidOf(key), check] as const;
    }),
  );
}

/** A new pair, as PEM. */
export function makeSigningKey(): { privateKey: string; publicKey: string } {
  const pair = generateKeyPairSync("ed25519");
  return {
    privateKey: pair.privateKey.export({ type: "pkcs8", format: "pem" }).toString(),
    publicKey: pair.publicKey.export({ type: "spki", format: "pem" }).toString(),
  };
}

function refuseOthers(key: KeyObject): void {
  if (key.asymmetricKeyType !== "ed25519") {
    throw new TypeError(`an Ed25519 key is wanted, this is ${key.asymmetricKeyType ?? "another"}`);
  }
}
