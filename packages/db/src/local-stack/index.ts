export { bootstrapDatabase, setLocalPasswords } from "./bootstrap/index.ts";
export { findFreePort } from "./find-free-port.ts";
export { makeKeys, readOrMakeKeys, signToken, startGateway } from "./gateway/index.ts";
export type { Gateway, GatewayOptions, Keys } from "./gateway/index.ts";
export { LocalStackError } from "./local-stack-error.ts";
export type { LocalStackErrorCode } from "./local-stack-error.ts";
export { startPostgres } from "./postgres/index.ts";
export type { PostgresOptions, RunningPostgres } from "./postgres/index.ts";
export { resetLocalStack } from "./reset-local-stack.ts";
export { startLocalStack } from "./start-local-stack.ts";
export type {
  LocalStack,
  LocalStackOptions,
  StackPart,
  StackProgress,
} from "./start-local-stack.ts";
