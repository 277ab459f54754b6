export { createFlagReader, type FlagReader, type FlagSource } from "./flag-reader.ts";
export { isEnabled } from "./is-enabled.ts";
export { listFlagChanges, listFlags } from "./list.ts";
export { setFlag } from "./set.ts";
