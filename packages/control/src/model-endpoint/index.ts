export type { AttemptTold, EndpointHooks } from "./call-frame.ts";
export { createModelEndpoint, type EndpointOptions, type ModelEndpoint } from "./model-endpoint.ts";
export { forgetTranscript, getTranscript, listModelCalls } from "./list-calls.ts";
export { forgetAnswers, getEndpointSettings, setEndpointSettings } from "./settings.ts";
