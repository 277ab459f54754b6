import { NofxError } from "@nofx/core/errors";
import type { KeyUse, UsedKey, VaultDeps } from "./vault.ts";

/**
 * Opens the key of a tenant's provider for one call, and notes who used it for what before it is opened. Throws `key_missing` where
 * the tenant has none, `vault_locked` where this process may open none, `key_unreadable` where what is stored is not what was put there.
 */
export async function useKey(_deps: VaultDeps, use: KeyUse): Promise<UsedKey> {
  throw new NofxError("key_missing", {
    detail: `There is no key "${use.name ?? "default"}" of ${use.provider}.`,
  });
}
