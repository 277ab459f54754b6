export { createTenant, type NewTenant } from "./create-tenant.ts";
export { putAgent, type NewAgent } from "./put-agent.ts";
export { putMember, type NewMember } from "./put-member.ts";
export {
  DEMO_AGENTS,
  DEMO_PEOPLE,
  seedDemo,
  type DemoAgent,
  type DemoPerson,
  type DemoSeed,
} from "./seed-demo.ts";
