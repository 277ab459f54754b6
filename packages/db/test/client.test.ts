import { sql } from "kysely";
import { afterAll, beforeAll, expect, it } from "vitest";
import { createDatabase, createPool, withTransaction } from "../src/client/index.ts";
import { createTestDatabase, withClient } from "../src/testing/index.ts";
import type { TestDatabase } from "../src/testing/index.ts";

let database: TestDatabase;
beforeAll(async () => {
  database = await createTestDatabase();
  await withClient(database.url("postgres"), (client) =>
    client.query("create table public.counter (n bigint)"),
  );
  await withClient(database.url("postgres"), (client) =>
    client.query("insert into public.counter values (0)"),
  );
});
afterAll(() => database?.drop());

const open = () =>
  createPool({ connectionString: database.url("postgres"), applicationName: "test", max: 4 });

it("reads a bigint as a number, and refuses one that is none", async () => {
  const pool = open();
  expect((await pool.query("select 9007199254740991::bigint as n")).rows).toEqual([
    { n: 9_007_199_254_740_991 },
  ]);
  await expect(pool.query("select 9007199254740993::bigint as n")).rejects.toThrow(/beyond 2\^53/);
  await pool.end();
});

it("outlives a connection that breaks while idle", async () => {
  const pool = open();
  const { rows } = await pool.query<{ pid: number }>("select pg_backend_pid() as pid");
  await withClient(database.adminUrl, (admin) =>
    admin.query("select pg_terminate_backend($1)", [rows[0]?.pid]),
  );
  const again = async (): Promise<unknown[]> => (await pool.query("select 1 as one")).rows;
  expect(await again().catch(again)).toEqual([{ one: 1 }]);
  await pool.end();
});

it("outlives a connection that breaks between two queries of a transaction", async () => {
  const pool = open();
  const client = await pool.connect();
  const { rows } = await client.query<{ pid: number }>("select pg_backend_pid() as pid");
  const ended = new Promise((resolve) => client.once("end", resolve));
  await withClient(database.adminUrl, (admin) =>
    admin.query("select pg_terminate_backend($1)", [rows[0]?.pid]),
  );
  await ended;
  await expect(client.query("select 1")).rejects.toThrow(/connection|queryable/i);
  client.release(true);
  expect((await pool.query("select 1 as one")).rows).toEqual([{ one: 1 }]);
  await pool.end();
});

it("repeats a transaction that another one disturbed", async () => {
  const db = createDatabase<{ counter: { n: number } }>(open());
  const add = () =>
    withTransaction(
      db,
      async (trx) => {
        const { n } = await trx.selectFrom("counter").select("n").executeTakeFirstOrThrow();
        await sql`select pg_sleep(0.01)`.execute(trx);
        await trx
          .updateTable("counter")
          .set({ n: n + 1 })
          .execute();
      },
      { isolation: "serializable", attempts: 20 },
    );
  await Promise.all([add(), add(), add()]);
  expect(await db.selectFrom("counter").select("n").executeTakeFirstOrThrow()).toEqual({ n: 3 });
  await db.destroy();
});
