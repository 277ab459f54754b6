export { answerKeyVault, type KeyVaultFunction } from "./answer-key-vault.ts";
export { answerRouterSelect, type RouterSelectFunction } from "./answer-router-select.ts";
