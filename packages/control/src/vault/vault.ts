import type { DB } from "@nofx/db/types";
import type { Kysely } from "kysely";

type CryptoKey = Awaited<ReturnType<typeof crypto.subtle.importKey>>;

/** A key that encrypts the keys of secrets (KEK): 32 bytes under the name of its version. */
export interface KeyEncryptionKey {
  readonly kid: string;
  readonly key: CryptoKey;
  /** SHA-256 of it: tells two keys of one name apart. */
  readonly fingerprint: string;
}

/**
 * The port: where the keys that encrypt keys come from. From the environment, from a file, or from a KMS that opens them for this
 * process; never from the database.
 */
export interface KeyEncryptionKeys {
  /** Undefined for a version that this process was not given. */
  find(kid: string): Promise<KeyEncryptionKey | undefined>;
  /** The versions that this process can use now, the newest last. */
  versions(): Promise<readonly string[]>;
  /** Makes a new version, where this process can keep one for all others. */
  readonly make?: () => Promise<KeyEncryptionKey>;
  /** Destroys a version that nobody needs any more. */
  readonly destroy?: (kid: string) => Promise<void>;
}

/** What `useKey` needs; a `Plane` is one. */
export interface VaultDeps {
  readonly db: Kysely<DB>;
  /** Undefined in a process that was given no KEK: it opens no key of the vault by itself. */
  readonly keks: KeyEncryptionKeys | undefined;
  /** The edge function that opens keys for this process, where there is one. */
  readonly keyVault?: RemoteVault | undefined;
}

/** The same vault in another process. */
export interface RemoteVault {
  /** Throws what it refused as NofxError; undefined where it could not be reached. */
  use(use: KeyUse): Promise<UsedKey | undefined>;
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
  /** The `keyId` that the provider has just refused: the version before it is wanted, while both may be used. */
  readonly except?: string | undefined;
}

/** A key in the clear. It is for one call of the provider: not kept, not logged, not put into an error. */
export interface UsedKey {
  readonly secret: string;
  /** The uuid of the key's version, for `model_calls.key_id`. */
  readonly keyId: string;
}
