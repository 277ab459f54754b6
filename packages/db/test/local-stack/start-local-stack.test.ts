import { chmodSync, existsSync, mkdtempSync, readdirSync, rmSync, statSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { createClient } from "@supabase/supabase-js";
import { afterAll, afterEach, beforeAll, expect, it } from "vitest";
import { LocalStackError, resetLocalStack, startLocalStack } from "../../src/local-stack/index.ts";
import type { LocalStack, StackProgress } from "../../src/local-stack/index.ts";
import { withClient } from "../../src/testing/index.ts";

let home: string;
let stack: LocalStack | undefined;

// One home for all of these: each test finds what the one before left.
beforeAll(() => {
  home = mkdtempSync(path.join(os.tmpdir(), "nofx-stack-"));
  chmodSync(home, 0o755);
});

afterEach(() => stack?.stop());
afterAll(() => rmSync(home, { recursive: true, force: true }));

const ports = { postgres: 0, gateway: 0 };

it("starts part by part, keeps users, files and keys, and stops without a trace", async () => {
  const progress: StackProgress[] = [];
  stack = await startLocalStack({ home, ports, onProgress: (step) => progress.push(step) });
  expect(progress.map(({ part, state }) => `${part} ${state}`)).toEqual(
    ["postgres", "bootstrap", "migrations", "gateway"].flatMap((part) => [
      `${part} started`,
      `${part} done`,
    ]),
  );
  expect(statSync(path.join(home, "keys.json")).mode & 0o077).toBe(0);
  expect(statSync(path.join(home, "postgres.json")).mode & 0o077).toBe(0);
  const credentials = { email: "kept@example.com", password: "a-long-password" };
  const before = createClient(stack.gatewayUrl, stack.publishableKey);
  expect((await before.auth.signUp(credentials)).error).toBeNull();
  const service = createClient(stack.gatewayUrl, stack.secretKey);
  expect(
    (await service.storage.from("artifacts").upload("a/b.txt", new Blob(["kept"]))).error,
  ).toBeNull();
  const { publishableKey, databaseUrls } = stack;
  await stack.stop();
  await stack.stop();

  stack = await startLocalStack({ home, ports });
  expect(stack.publishableKey).toBe(publishableKey);
  expect(Object.keys(stack.databaseUrls)).toEqual(Object.keys(databaseUrls));
  const after = createClient(stack.gatewayUrl, stack.publishableKey);
  expect((await after.auth.signInWithPassword(credentials)).error).toBeNull();
  const file = await createClient(stack.gatewayUrl, stack.secretKey)
    .storage.from("artifacts")
    .download("a/b.txt");
  expect(await file.data?.text()).toContain("kept");
  expect((await fetch(`${stack.gatewayUrl}/health`)).status).toBe(200);
  expect((await fetch(`${stack.gatewayUrl}/anything-else`)).status).toBe(404);
});

it("gives each role its own connection, none of them a superuser", async () => {
  stack = await startLocalStack({ home, ports });
  expect(Object.keys(stack.databaseUrls)).toEqual(
    expect.arrayContaining(["nofx_web", "nofx_worker", "postgres"]),
  );
  for (const [role, url] of Object.entries(stack.databaseUrls)) {
    const { rows } = await withClient(url, (client) =>
      client.query(
        "select current_user as name, rolsuper as super from pg_roles where rolname = current_user",
      ),
    );
    expect(rows).toEqual([{ name: role, super: false }]);
  }
  expect(readdirSync(home).filter((name) => name.endsWith(".new"))).toEqual([]);
});

it("begins anew after a reset, which refuses while the stack runs", async () => {
  stack = await startLocalStack({ home, ports });
  const { publishableKey } = stack;
  const person = { email: "gone@example.com", password: "a-long-password" };
  await createClient(stack.gatewayUrl, publishableKey).auth.signUp(person);
  await expect(resetLocalStack({ home })).rejects.toThrow(/stop it first/);
  await stack.stop();
  expect((await resetLocalStack({ home })).length).toBeGreaterThan(0);
  stack = await startLocalStack({ home, ports });
  expect(stack.publishableKey).toBe(publishableKey);
  const { error } = await createClient(stack.gatewayUrl, publishableKey).auth.signInWithPassword(
    person,
  );
  expect(error?.code).toBe("invalid_credentials");
});

it("stops what it had started when newer code made the database, and says so", async () => {
  stack = await startLocalStack({ home, ports });
  await withClient(stack.databaseUrls["postgres"] ?? "", (client) =>
    client.query("insert into supabase_migrations.schema_migrations (version) values ('9999')"),
  );
  await stack.stop();
  const error = await startLocalStack({ home, ports }).catch((caught: unknown) => caught);
  expect(LocalStackError.is(error) && error.code).toBe("migration_failed");
  expect(String(error)).toContain("made by a newer version");
  expect(existsSync(path.join(home, "postgres", "data", "postmaster.pid"))).toBe(false);
});
