export { useKey } from "./use-key.ts";
export type { KeyEncryptionKey, KeyEncryptionKeys, KeyUse, UsedKey, VaultDeps } from "./vault.ts";
