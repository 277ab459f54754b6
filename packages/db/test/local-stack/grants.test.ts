import { readFileSync } from "node:fs";
import path from "node:path";
import { createClient } from "@supabase/supabase-js";
import { expect, it } from "vitest";
import { listGrants } from "../../src/migrate/index.ts";
import { startTestStack, withClient } from "../../src/testing/index.ts";

const GRANTS = path.resolve(import.meta.dirname, "../../grants.txt");

it("serving requests leaves every right as it was", async () => {
  await using stack = await startTestStack();
  const anonymous = createClient(stack.gatewayUrl, stack.keys.publishableKey);
  const service = createClient(stack.gatewayUrl, stack.keys.secretKey);
  const signed = await anonymous.auth.signUp({
    email: "grants@example.com",
    password: "a-long-password",
  });
  expect(signed.error).toBeNull();
  await anonymous.from("tenants").select("id");
  await anonymous.from("tenants").insert({ name: "forged" });
  await service.from("tenants").select("id");
  await anonymous.storage.from("artifacts").list();
  await anonymous.storage.from("artifacts").upload("a/b.txt", new Blob(["x"]));
  expect((await service.storage.listBuckets()).error).toBeNull();

  const grants = await withClient(stack.database.adminUrl, (client) => listGrants(client));
  expect(grants).toEqual(readFileSync(GRANTS, "utf8").trimEnd().split("\n"));
  expect(grants.filter((line) => /\b(anon|authenticated)\b.*TRUNCATE/.test(line))).toEqual([]);
});

it("the gateway's role owns nothing and may not read what is ours", async () => {
  await using stack = await startTestStack();
  await withClient(stack.database.url("nofx_gateway"), async (client) => {
    const owned = await client.query(
      "select c.oid::regclass from pg_class c where c.relowner = 'nofx_gateway'::regrole",
    );
    expect(owned.rows).toEqual([]);
    await expect(client.query("select from public.tenants")).rejects.toThrow(/permission denied/);
    await expect(client.query("grant select on public.tenants to anon")).rejects.toThrow(
      /permission denied/,
    );
  });
});
