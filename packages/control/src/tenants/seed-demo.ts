import { withTransaction } from "@nofx/db/client";
import type { DB } from "@nofx/db/types";
import type { Kysely } from "kysely";
import { createTenant } from "./create-tenant.ts";
import { putAgent } from "./put-agent.ts";
import { putMember } from "./put-member.ts";

/** The tenant that `npm start` shows. Its shell steps run with the worker's rights: the demo's own commands are real. */
const TENANT = { slug: "demo", name: "Demo", shell: "trusted", operatesPlane: true } as const;

export const DEMO_PEOPLE = {
  supervisor: {
    email: "supervisor@demo.local",
    name: "Sam Supervisor",
    role: "supervisor",
  },
  operator: { email: "operator@demo.local", name: "Olga Operator", role: "operator" },
  admin: { email: "admin@demo.local", name: "Ada Admin", role: "admin" },
} as const;

/** The agents of examples/agents. */
export const DEMO_AGENTS = {
  patcher: {
    description: "Repairs a program until its tests pass, and hands in the change as a patch",
    capabilities: ["code.patch"],
  },
  reviewer: {
    description: "Reads a patch and the test reports and gives a reasoned verdict",
    capabilities: ["code.review"],
  },
} as const;

export type DemoPerson = keyof typeof DEMO_PEOPLE;
export type DemoAgent = keyof typeof DEMO_AGENTS;

export interface DemoSeed {
  userIds: Record<DemoPerson, string>;
  agentKeys: Record<DemoAgent, string>;
}

/** Makes the demo tenant, its people and its agents, all or none; what is there already stays. Needs the schema's owner. */
export function seedDemo(
  db: Kysely<DB>,
  seed: DemoSeed,
): Promise<{ tenantId: string; created: boolean }> {
  return withTransaction(db, async (tx) => {
    const tenant = await createTenant(tx, TENANT);
    for (const person of ["supervisor", "operator", "admin"] as const) {
      await putMember(tx, tenant.tenantId, {
        ...DEMO_PEOPLE[person],
        userId: seed.userIds[person],
      });
    }
    for (const name of ["patcher", "reviewer"] as const) {
      await putAgent(tx, tenant.tenantId, {
        ...DEMO_AGENTS[name],
        name,
        key: seed.agentKeys[name],
      });
    }
    return tenant;
  });
}
