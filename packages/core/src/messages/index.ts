export {
  Envelope,
  MESSAGE_VERSION,
  defineMessage,
  type MessageDefinition,
} from "./define-message.ts";
export { messageJsonSchema } from "./json-schema.ts";
export { childOf, firstMessage, type NewMessage } from "./make-message.ts";
export { MESSAGE_TYPES, type MessageTypes, type PayloadOf } from "./message-types.ts";
export { parseMessage, type Message, type ParsedMessage } from "./parse-message.ts";
export {
  Traceparent,
  childTraceparent,
  formatTraceparent,
  parseTraceparent,
  traceIdOf,
  type TraceContext,
} from "./traceparent.ts";
