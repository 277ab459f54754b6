export { listKeks, retireVaultKek, rotateVaultKek } from "./kek-commands.ts";
export { keksInFile, writeKekFile } from "./keks-in-file.ts";
export { newKek } from "./keks.ts";
export { getKey, listKeyAudit, listKeys } from "./list.ts";
export { putKey } from "./put.ts";
export { retireKey } from "./retire.ts";
export { rotateKey } from "./rotate.ts";
export { useKey } from "./use-key.ts";
export type {
  KeyEncryptionKey,
  KeyEncryptionKeys,
  KeyUse,
  RemoteVault,
  UsedKey,
  VaultDeps,
} from "./vault.ts";
