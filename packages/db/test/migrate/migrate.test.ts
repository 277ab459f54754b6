import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { migrate } from "../../src/migrate/index.ts";
import { createTestDatabase, withClient } from "../../src/testing/index.ts";
import type { TestDatabase } from "../../src/testing/index.ts";

let folder: string;
let database: TestDatabase;

beforeEach(async () => {
  folder = mkdtempSync(path.join(os.tmpdir(), "nofx-migrate-"));
  // A database with what hosted Supabase gives, and no migration of ours.
  database = await createTestDatabase({ folder });
});

afterEach(async () => {
  await database.drop();
  rmSync(folder, { recursive: true, force: true });
});

const add = (file: string, sql: string) => writeFileSync(path.join(folder, file), sql);
const run = () => migrate({ connectionString: database.url("postgres"), folder });
const query = (sql: string) =>
  withClient(database.url("postgres"), async (client) => (await client.query(sql)).rows);

it("applies each file once, as postgres, and records it as the Supabase CLI does", async () => {
  add("0001_first.sql", "-- first\ncreate table public.one (n int);\n");
  expect(await run()).toEqual({ applied: ["0001_first.sql"] });
  add("0002_second.sql", "-- second\ninsert into public.one values (1);\n");
  expect(await run()).toEqual({ applied: ["0002_second.sql"] });
  expect(await run()).toEqual({ applied: [] });
  expect(await query("select n from public.one")).toEqual([{ n: 1 }]);
  expect(await query("select tableowner from pg_tables where tablename = 'one'")).toEqual([
    { tableowner: "postgres" },
  ]);
  expect(
    await query("select version, name from supabase_migrations.schema_migrations order by version"),
  ).toEqual([
    { version: "0001", name: "first" },
    { version: "0002", name: "second" },
  ]);
});

it("undoes a file that fails, names the line, and goes on from there once it is right", async () => {
  add("0001_first.sql", "-- first\ncreate table public.one (n int);\n");
  add("0002_second.sql", "-- second\ncreate table public.two (n int);\n\nselect no_such_thing;\n");
  await expect(run()).rejects.toThrow(
    /0002_second\.sql, line 4: column "no_such_thing" does not exist/,
  );
  expect(await query("select to_regclass('public.two') as two")).toEqual([{ two: null }]);
  add("0002_second.sql", "-- second\ncreate table public.two (n int);\n");
  expect(await run()).toEqual({ applied: ["0002_second.sql"] });
});

it("runs a file outside a transaction when it says so", async () => {
  add("0001_first.sql", "-- first\ncreate table public.one (n int);\n");
  add(
    "0002_index.sql",
    "-- an index\n-- transaction: none\ncreate index concurrently one_n on public.one (n);\n",
  );
  expect((await run()).applied).toHaveLength(2);
  expect(await query("select to_regclass('public.one_n')::text as index")).toEqual([
    { index: "one_n" },
  ]);
});

it("lets one runner at a time do it", async () => {
  add("0001_first.sql", "-- first\ncreate table public.one (n int); select pg_sleep(0.05);\n");
  const results = await Promise.all([run(), run(), run()]);
  expect(results.flatMap(({ applied }) => applied)).toEqual(["0001_first.sql"]);
});
