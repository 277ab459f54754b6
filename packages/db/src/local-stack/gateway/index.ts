export { makeKeys, readOrMakeKeys, signToken } from "./keys.ts";
export type { Keys } from "./keys.ts";
export { startGateway } from "./start-gateway.ts";
export type { Gateway, GatewayOptions } from "./start-gateway.ts";
