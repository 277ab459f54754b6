import { newAgentKey } from "@nofx/control/agents";
import { DEMO_PEOPLE, seedDemo } from "@nofx/control/tenants";
import { createDatabase, createPool } from "@nofx/db/client";
import type { DB } from "@nofx/db/types";
import {
  makePassword,
  readCredentials,
  writeCredentials,
  type Credentials,
  type PersonName,
} from "./credentials.ts";
import { ensureUser } from "./ensure-user.ts";
import type { AuthServer } from "./sign-in.ts";

/**
 * The demo tenant with its people and agents, and their sign-ins in credentials.json. Puts right what is missing on either
 * side and leaves the rest: done at every start.
 */
export async function seed(options: {
  home: string;
  /** As the owner of the schema. */
  databaseUrl: string;
  auth: AuthServer;
}): Promise<{ credentials: Credentials; created: boolean }> {
  const credentials = complete(readCredentials(options.home));
  // Before anything is made with them: a start that is cut short finds them again.
  writeCredentials(options.home, credentials);
  const pool = createPool({
    connectionString: options.databaseUrl,
    max: 2,
    applicationName: "nofx-seed",
  });
  try {
    const { supervisor, operator, admin } = credentials.people;
    const [supervisorId, operatorId, adminId] = await Promise.all([
      ensureUser(pool, options.auth, supervisor),
      ensureUser(pool, options.auth, operator),
      ensureUser(pool, options.auth, admin),
    ]);
    const { agentKeys } = credentials;
    const { created } = await seedDemo(createDatabase<DB>(pool), {
      userIds: { supervisor: supervisorId, operator: operatorId, admin: adminId },
      agentKeys: { patcher: agentKeys["patcher"] ?? "", reviewer: agentKeys["reviewer"] ?? "" },
    });
    return { credentials, created };
  } finally {
    await pool.end();
  }
}

function complete(kept: Credentials | undefined) {
  const login = (person: PersonName) =>
    kept?.people[person] ?? { email: DEMO_PEOPLE[person].email, password: makePassword() };
  return {
    people: {
      supervisor: login("supervisor"),
      operator: login("operator"),
      admin: login("admin"),
    },
    agentKeys: {
      patcher: kept?.agentKeys["patcher"] ?? newAgentKey(),
      reviewer: kept?.agentKeys["reviewer"] ?? newAgentKey(),
    },
  };
}
