import { withLeadership, type Leadership } from "@nofx/control/leadership";
import { system } from "@nofx/control/seams";
import { createPool } from "@nofx/db/client";
import { openLeaderSession } from "@nofx/db/leases";
import { createTestDatabase, until, type TestDatabase } from "@nofx/db/testing";
import type { Pool } from "pg";
import { afterAll, beforeAll, expect, test } from "vitest";

let database: TestDatabase;
let owner: Pool;
let worker: Pool;
beforeAll(async () => {
  database = await createTestDatabase();
  owner = createPool({ connectionString: database.url("postgres"), applicationName: "owner" });
  worker = createPool({ connectionString: database.url("nofx_worker"), applicationName: "worker" });
});
afterAll(async () => {
  await Promise.all([owner.end(), worker.end()]);
  await database.drop();
});

const write = (role: string, term: number) =>
  worker.query("select engine.assert_term($1, $2)", [role, term]);

/** One that stands until it is told to stop; `led` is what it leads just now. */
function candidate(role: string, holder: string) {
  const stop = new AbortController();
  const errors: unknown[] = [];
  const state = { led: undefined as Leadership | undefined, terms: [] as number[] };
  const ended = withLeadership(
    {
      connectionString: database.url("nofx_worker"),
      role,
      holder,
      clock: system.clock,
      random: system.random,
      signal: stop.signal,
      onError: (error) => errors.push(error),
      pollMs: 20,
    },
    async (leadership) => {
      state.led = leadership;
      state.terms.push(leadership.term);
      await system.clock.sleep(3_600_000, leadership.signal);
      state.led = undefined;
    },
  );
  return {
    state,
    errors,
    async stop() {
      stop.abort();
      await ended;
    },
  };
}

test("of many one leads, the next takes over, and each term is led once", async () => {
  const all = ["a", "b", "c"].map((holder) => candidate("watch", holder));
  const terms: number[] = [];
  for (let left = all; left.length > 0;) {
    const leader = await until("one leads", () => {
      const leading = left.filter(({ state }) => state.led !== undefined);
      expect(leading.length).toBeLessThan(2);
      return leading[0];
    });
    terms.push(leader.state.led!.term);
    await write("watch", leader.state.led!.term);
    await leader.stop();
    left = left.filter((other) => other !== leader);
  }
  expect(terms).toEqual([1, 2, 3]);
  expect(all.flatMap(({ errors }) => errors)).toEqual([]);
});

test("a leader whose connection ends is told, and its term is over", async () => {
  const a = candidate("cut", "a");
  const first = await until("it leads", () => a.state.led);
  await owner.query(
    "select pg_terminate_backend(pid) from pg_stat_activity where datname = $1 and application_name = 'a cut'",
    [database.name],
  );
  const second = await until("it leads again", () =>
    a.state.led?.term === 2 ? a.state.led : undefined,
  );
  expect(first.signal.aborted).toBe(true);
  expect(second.signal.aborted).toBe(false);
  await expect(write("cut", first.term)).rejects.toMatchObject({ code: "NX002" });
  await write("cut", second.term);
  await a.stop();
});

test("a leader that is frozen is deposed, and what it writes when it thaws is refused", async () => {
  const open = (holder: string, patienceMs: number) =>
    openLeaderSession({
      connectionString: database.url("nofx_worker"),
      applicationName: holder,
      role: "frozen",
      holder,
      patienceMs,
    });
  // it says nothing more after its election: to the server a frozen process looks the same
  const frozen = await open("frozen", 250);
  const old = await frozen.stand();
  const other = await open("other", 5_000);
  const term = await until("the other leads", () => other.stand());
  expect([old, term]).toEqual([1, 2]);
  await expect(frozen.leads(1)).rejects.toThrow(/terminated|ended|closed|not queryable/i);
  expect(frozen.ended.aborted).toBe(true);
  await expect(write("frozen", 1)).rejects.toMatchObject({ code: "NX002" });
  await Promise.all([frozen.close(), other.close()]);
});

test("no term begins while a write of the one before is under way", async () => {
  const session = await openLeaderSession({
    connectionString: database.url("nofx_worker"),
    applicationName: "next",
    role: "slow",
    holder: "next",
    patienceMs: 60_000,
  });
  await owner.query("insert into engine.leaders values ('slow', 7, 'before', clock_timestamp())");
  const writing = await worker.connect();
  try {
    await writing.query("begin");
    await writing.query("select engine.assert_term('slow', 7)");
    const standing = session.stand();
    await until("the election waits for the write", async () => {
      const { rows } = await owner.query(
        "select from pg_stat_activity where application_name = 'next' and wait_event = 'advisory'",
      );
      return rows.length > 0;
    });
    await writing.query("commit");
    expect(await standing).toBe(8);
  } finally {
    writing.release();
    await session.close();
  }
});

test("work that throws gives the role up and is told of, once", async () => {
  const stop = new AbortController();
  const errors: unknown[] = [];
  let tries = 0;
  await withLeadership(
    {
      connectionString: database.url("nofx_worker"),
      role: "clumsy",
      holder: "a",
      clock: system.clock,
      random: system.random,
      signal: stop.signal,
      onError: (error) => errors.push(error),
      pollMs: 5,
    },
    async () => {
      tries += 1;
      if (tries < 3) throw new Error("clumsy");
      stop.abort();
    },
  );
  expect([tries, errors.length]).toEqual([3, 1]);
});

test("nobody stands again before the work has ended, whatever became of the lead", async () => {
  const stop = new AbortController();
  const release = Promise.withResolvers<void>();
  const begun: Leadership[] = [];
  const ended = withLeadership(
    {
      connectionString: database.url("nofx_worker"),
      role: "slow-to-stop",
      holder: "a",
      clock: system.clock,
      random: system.random,
      signal: stop.signal,
      onError: () => {},
      pollMs: 5,
      patienceMs: 100,
    },
    async (leadership) => {
      begun.push(leadership);
      await release.promise;
    },
  );
  const first = await until("it leads", () => begun[0]);
  // the next word of it fails, while its connection stands
  await owner.query("revoke execute on function engine.leads(text, bigint) from nofx_worker");
  await until("it knows", () => first.signal.aborted);
  await owner.query("grant execute on function engine.leads(text, bigint) to nofx_worker");
  const other = await openLeaderSession({
    connectionString: database.url("nofx_worker"),
    applicationName: "b",
    role: "slow-to-stop",
    holder: "b",
    patienceMs: 60_000,
  });
  // the server has ended its silent connection, and it has not come back
  expect(await until("the other leads", () => other.stand())).toBe(2);
  await other.close();
  for (let i = 0; i < 50; i++) await owner.query("select");
  expect(begun).toHaveLength(1);
  stop.abort();
  release.resolve();
  await ended;
});
