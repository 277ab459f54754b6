import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createPool } from "@nofx/db/client";
import { startTestStack, type TestStack } from "@nofx/db/testing";
import { afterAll, beforeAll, expect, it } from "vitest";
import { credentialsFile, readCredentials } from "../src/credentials/credentials.ts";
import { seed } from "../src/credentials/seed.ts";
import { signIn } from "../src/credentials/sign-in.ts";

let stack: TestStack;
let home: string;
beforeAll(async () => {
  stack = await startTestStack();
  home = mkdtempSync(join(tmpdir(), "nofx-seed-"));
});
afterAll(async () => {
  await stack.stop();
  rmSync(home, { recursive: true });
});

const auth = () => ({ url: stack.gatewayUrl, publishableKey: stack.keys.publishableKey });
const sow = () => seed({ home, databaseUrl: stack.database.url("postgres"), auth: auth() });

async function look() {
  const pool = createPool({
    connectionString: stack.database.url("postgres"),
    applicationName: "test",
  });
  try {
    const read = async (sql: string) => (await pool.query<Record<string, unknown>>(sql)).rows;
    return {
      tenants: await read("select slug, name from tenants"),
      shell: await read("select value from tenant_settings where key = 'shell'"),
      rules: (await read("select name from plan_rules order by position")).map(
        (rule) => rule["name"],
      ),
      members: await read("select email, role, user_id from members order by email"),
      agents: await read("select name, capabilities, status from agent_registry order by name"),
      keys: await read(
        "select hint, revoked_at is null as valid from agent_keys order by created_at, hint",
      ),
      users: (await read("select email from auth.users order by email")).map(
        (user) => user["email"],
      ),
    };
  } finally {
    await pool.end();
  }
}

it("makes the demo tenant once, however often it is asked to", async () => {
  const first = await sow();
  expect(first.created).toBe(true);
  const made = await look();
  expect(made).toMatchObject({
    tenants: [{ slug: "demo", name: "Demo" }],
    shell: [{ value: "trusted" }],
    rules: ["bug", "feature", "chore", "research", "default"],
    members: [
      { email: "admin@demo.local", role: "admin" },
      { email: "operator@demo.local", role: "operator" },
      { email: "supervisor@demo.local", role: "supervisor" },
    ],
    agents: [
      { name: "patcher", capabilities: ["code.patch"], status: "active" },
      { name: "reviewer", capabilities: ["code.review"], status: "active" },
    ],
    users: ["admin@demo.local", "operator@demo.local", "supervisor@demo.local"],
  });
  expect(made.keys).toHaveLength(2);
  const { operator } = first.credentials.people;
  expect(await signIn(auth(), operator)).toMatchObject({ userId: made.members[1]?.["user_id"] });
  expect(await signIn(auth(), { ...operator, password: "another one" })).toBeUndefined();

  const again = await sow();
  expect(again).toEqual({ credentials: first.credentials, created: false });
  expect(await look()).toEqual(made);
  expect(readCredentials(home)).toEqual(first.credentials);
});

it("makes new sign-ins and keys where the old ones were lost, and shuts the old ones out", async () => {
  const before = await sow();
  rmSync(credentialsFile(home));
  const after = await sow();
  expect(after.created).toBe(false);
  const { members, keys, users, agents } = await look();
  expect([members.length, users.length, agents.length]).toEqual([3, 3, 2]);
  expect(keys).toHaveLength(4);
  expect(keys.filter((key) => key["valid"] === true)).toHaveLength(2);
  expect(await signIn(auth(), before.credentials.people.supervisor)).toBeUndefined();
  expect(await signIn(auth(), after.credentials.people.supervisor)).toBeDefined();
});
