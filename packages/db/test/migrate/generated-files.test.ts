import { readFileSync } from "node:fs";
import path from "node:path";
import { expect, it } from "vitest";
import { generateRowTypes } from "../../src/migrate/generate-row-types.ts";
import { dumpSchema, listGrants } from "../../src/migrate/index.ts";
import { createTestDatabase, withClient } from "../../src/testing/index.ts";

const committed = (file: string) =>
  readFileSync(path.resolve(import.meta.dirname, "../..", file), "utf8");

it("schema.sql and grants.txt are what the migrations make (else: pnpm --filter @nofx/db dump)", async () => {
  await using database = await createTestDatabase();
  await withClient(database.adminUrl, async (client) => {
    expect(await dumpSchema(client)).toBe(committed("schema.sql"));
    expect(await listGrants(client)).toEqual(committed("grants.txt").trimEnd().split("\n"));
  });
});

it("the row types are those of the migrated database (else: pnpm --filter @nofx/db types)", async () => {
  await using database = await createTestDatabase();
  expect(await generateRowTypes(database.url("postgres"))).toBe(committed("src/types.gen.ts"));
});

it("row level security is on for every table of ours", async () => {
  await using database = await createTestDatabase();
  const open = await withClient(database.adminUrl, (client) =>
    client.query(
      `select c.oid::regclass::text as table from pg_class c join pg_namespace n on n.oid = c.relnamespace
       where n.nspname in ('public', 'app', 'engine') and c.relkind in ('r', 'p') and not c.relrowsecurity`,
    ),
  );
  expect(open.rows).toEqual([]);
});

it("what points at a plan, a pack or an approval is found by it: deleting one reads no whole table", async () => {
  await using database = await createTestDatabase();
  const { rows } = await withClient(database.adminUrl, (client) =>
    client.query(
      `select a.attrelid::regclass || '.' || a.attname as column from pg_attribute a
       join pg_class c on c.oid = a.attrelid and c.relkind = 'r' and c.relnamespace = 'public'::regnamespace
       where a.attname in ('plan_id', 'pack_id', 'approval_id') and not a.attisdropped
         -- these outlive what they name, and nobody looks for it in them
         and c.relname <> 'inbound_messages' and c.relname not like '%\\_history'
         and not exists (select from pg_index i where i.indrelid = a.attrelid and i.indkey[0] = a.attnum) order by 1`,
    ),
  );
  expect(rows.map((row) => row.column)).toEqual([]);
});
