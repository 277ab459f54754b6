export { Address, AddressKind, addressText, parseAddress, targetOf } from "./address.ts";
export {
  BOARD,
  Channel,
  ChannelPattern,
  covers,
  exactness,
  isReplyChannel,
  replyChannel,
  SUPERVISORS,
} from "./channel-name.ts";
export {
  BUS_TYPES,
  BusType,
  isOwnType,
  isProductType,
  OwnType,
  References,
  type ProductType,
} from "./message-type.ts";
export {
  BusVerb,
  ChannelRule,
  mayUse,
  ruleFor,
  TypePrefix,
  type Permitted,
  type Principal,
  type Refusal,
  type Target,
} from "./permission.ts";
export { RETENTION_DAYS, RetentionClass } from "./retention-class.ts";
export {
  blot,
  needlesOf,
  REDACTED,
  takeFields,
  takeMatches,
  textsIn,
  type Taken,
} from "./redact-payload.ts";
