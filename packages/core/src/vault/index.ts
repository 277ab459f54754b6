export { KeyName, ProviderName } from "./names.ts";
