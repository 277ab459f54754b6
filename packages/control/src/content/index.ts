export { forgetKek, kekForContent, type ContentDeps } from "./content-kek.ts";
export { openMessages, type OpenedMessage } from "./open-messages.ts";
export {
  KekUnknown,
  openContent,
  rewrapContentKey,
  sealContent,
  type Item,
  type Sealed,
} from "./seal-content.ts";
