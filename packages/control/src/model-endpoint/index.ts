export type { AttemptTold, EndpointHooks } from "./call-frame.ts";
export { createModelEndpoint, type EndpointOptions, type ModelEndpoint } from "./model-endpoint.ts";
