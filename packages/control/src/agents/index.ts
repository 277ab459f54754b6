export { newAgentKey } from "./agent-key.ts";
export { authenticateAgent } from "./authenticate.ts";
export { IssueAgentKeyInput, IssuedAgentKey, issueAgentKey } from "./issue-key.ts";
export { AgentPage, AgentView, listAgents } from "./list.ts";
export { RegisterAgentInput, RegisteredAgent, registerAgent } from "./register.ts";
export { schemasOf, type TaskSchemas } from "./schemas-of.ts";
