export { keyPlaceText, type KeyPlace } from "./key-place.ts";
export { KeyName, ProviderName } from "./names.ts";
