export { handleAgentRequest, type AgentApiOptions } from "./handle-agent-request.ts";
export { MAX_BODY_BYTES, readJson } from "./read-json.ts";
