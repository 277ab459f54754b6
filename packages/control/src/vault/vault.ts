import type { webcrypto } from "node:crypto";
import type { DB } from "@nofx/db/types";
import type { Kysely } from "kysely";

/** A key that encrypts the keys of secrets (KEK): 32 bytes under the name of its version. */
export interface KeyEncryptionKey {
  readonly kid: string;
  readonly key: webcrypto.CryptoKey;
}

/**
 * The port: where the keys that encrypt keys come from. From the environment, from a file, or from a KMS that opens them for this
 * process; never from the database.
 */
export interface KeyEncryptionKeys {
  /** Undefined for a version that this process was not given. */
  find(kid: string): Promise<KeyEncryptionKey | undefined>;
  /** The versions that this process can use now, oldest first. */
  versions(): Promise<readonly string[]>;
}

/** What `useKey` needs; a `Plane` is one. */
export interface VaultDeps {
  readonly db: Kysely<DB>;
  /** Undefined in a process that was given no KEK: it can use no key of the vault. */
  readonly keks: KeyEncryptionKeys | undefined;
}

/** Who wants to use whose key, and what for: all of it is kept in `secure_keys_audit`. */
export interface KeyUse {
  readonly tenantId: string;
  readonly provider: string;
  /** One of several keys of a provider; `default` unless said otherwise. */
  readonly name?: string | undefined;
  readonly who: { readonly type: "member" | "agent" | "worker" | "system"; readonly id: string };
  readonly runId?: string | undefined;
  readonly stepId?: string | undefined;
  /** A word, like `chat.completions`. Never content. */
  readonly purpose: string;
}

/** A key in the clear. It is for one call of the provider: not kept, not logged, not put into an error. */
export interface UsedKey {
  readonly secret: string;
  /** The uuid of the key's version, for `model_calls.key_id`. */
  readonly keyId: string;
}
