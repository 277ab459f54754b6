import { afterAll, beforeAll, expect, test } from "vitest";
import {
  sendEvent,
  sendMessage,
  wait,
  wakeTimers,
  type EngineDb,
  type WaitOption,
} from "@nofx/db/leases";
import { seedRun, seedTenant, until } from "@nofx/db/testing";
import { done, startEngine, type Engine } from "./harness.ts";

const PROVE = process.env["PROVE"] === "1";
const WAITS = PROVE ? 300 : 30;

let engine: Engine;
beforeAll(async () => {
  engine = await startEngine();
});
afterAll(() => engine[Symbol.asyncDispose]());

const BY = { type: "member", id: "m1" };
const option: WaitOption = { option: "told", kind: "event", topic: "paid", key: "k" };
const anyKey: WaitOption = { option: "told", kind: "event", topic: "paid" };
const mailbox: WaitOption = { option: "told", kind: "message", topic: "inbox" };

async function held() {
  const tenant = await seedTenant(engine.owner);
  const run = await seedRun(engine.owner, tenant.id, [{ name: "a" }]);
  const id = run.steps["a"]!;
  await engine.claim();
  const waiting = (db: EngineDb, options: WaitOption[]) =>
    wait(db, { stepId: id, epoch: 1, tenantId: null }, "w", options);
  const sending = async (db: EngineDb, kind: string) =>
    kind === "message"
      ? sendMessage(db, { tenantId: tenant.id, to: id, channel: "inbox", payload: 1 }, BY)
      : sendEvent(db, { tenantId: tenant.id, name: "paid", key: "k", payload: 1, runId: null }, BY);
  return { id, waiting, sending };
}

/** Holds a transaction open after its work until told to commit. */
async function openTransaction<T>(work: (db: EngineDb) => Promise<T>) {
  const done = Promise.withResolvers<T>();
  const commit = Promise.withResolvers<void>();
  const ended = engine.worker.transaction().execute(async (tx) => {
    done.resolve(await work(tx));
    await commit.promise;
  });
  const value = await Promise.race([done.promise, ended as Promise<never>]);
  return {
    value,
    async commit() {
      commit.resolve();
      await ended;
    },
  };
}

const waitingForLocks = async (count: number) => {
  const { rows } = await engine.owner.query(
    `select count(*)::int as n from pg_stat_activity
     where datname = current_database() and wait_event_type = 'Lock'`,
  );
  return rows[0].n >= count;
};

test.each([
  ["an event of the key", "event", option],
  ["an event of any key", "event", anyKey],
  ["a message", "message", mailbox],
])(
  "%s is sent while the waiter registers: the sender waits, then wakes it",
  async (_name, kind, what) => {
    const { id, waiting, sending } = await held();
    const waiter = await openTransaction((db) => waiting(db, [what]));
    expect(waiter.value).toMatchObject({ held: true });
    const sent = sending(engine.worker, kind);
    await until("the sender waits for the waiter", () => waitingForLocks(1));
    await waiter.commit();
    expect(await sent).toMatchObject({ for_workers: 1 });
    expect(await engine.step(id)).toMatchObject({ status: "queued", holds: 0 });
  },
);

test.each([
  ["an event of the key", "event", option],
  ["an event of any key", "event", anyKey],
  ["a message", "message", mailbox],
])(
  "%s is sent just before the waiter looks: the waiter waits, then finds it",
  async (_name, kind, what) => {
    const { id, waiting, sending } = await held();
    const sender = await openTransaction((db) => sending(db, kind));
    expect(sender.value).toMatchObject({ for_workers: 0 });
    const waited = waiting(engine.worker, [what]);
    await until("the waiter waits for the sender", () => waitingForLocks(1));
    await sender.commit();
    expect(await waited).toMatchObject({ held: false, met: "told" });
    expect(await engine.step(id)).toMatchObject({ status: "running", holds: 0 });
  },
);

test("a sender that wakes a step and a waiter that holds one never wait for each other in a circle", async () => {
  // the waiter of one name is being woken by another while a third step asks for that name
  const [one, two] = [await held(), await held()];
  await one.waiting(engine.worker, [option]);
  const sender = await openTransaction((db) => one.sending(db, "event"));
  expect(sender.value).toMatchObject({ for_workers: 1 });
  expect(await two.waiting(engine.worker, [option])).toMatchObject({ held: true });
  await sender.commit();
});

test(`${WAITS} waits and their senders let go at once: every one is met exactly once, by one result`, async () => {
  const tenant = await seedTenant(engine.owner);
  const drafts = Array.from({ length: WAITS }, (_, i) => ({ name: `s${i}`, maxCrashes: 20 }));
  const run = await seedRun(engine.owner, tenant.id, drafts);
  const claimed = (await engine.claim("w1", WAITS + 50)).filter((step) => step.run_id === run.id);
  expect(claimed).toHaveLength(WAITS);
  const optionsOf = (name: string): WaitOption[] => [
    { option: "event", kind: "event", topic: "go", key: name },
    { option: "mail", kind: "message", topic: "inbox" },
    { option: "late", kind: "timer", seconds: 0.05 },
  ];
  const barrier = Promise.withResolvers<void>();
  const all = claimed.flatMap((step) => [
    barrier.promise.then(() =>
      wait(engine.worker, { stepId: step.id, epoch: 1, tenantId: null }, "w", optionsOf(step.name)),
    ),
    barrier.promise.then(() =>
      sendEvent(
        engine.worker,
        { tenantId: tenant.id, name: "go", key: step.name, payload: 1, runId: null },
        BY,
      ),
    ),
    barrier.promise.then(() =>
      sendMessage(
        engine.worker,
        { tenantId: tenant.id, to: step.id, channel: "inbox", payload: 1 },
        BY,
      ),
    ),
    barrier.promise.then(() => wakeTimers(engine.worker, 10)),
  ]);
  barrier.resolve();
  await Promise.all(all);

  const { rows } = await engine.owner.query(
    `select count(*) filter (where w.status = 'met')::int as met, count(distinct w.step_id) filter (where w.status = 'met')::int as steps,
       count(*) filter (where w.status = 'open')::int as open
     from waits w where w.run_id = $1`,
    [run.id],
  );
  expect(rows).toEqual([{ met: WAITS, steps: WAITS, open: 0 }]);

  // two workers resume what was woken; the first answers stay, whoever asks
  const results = new Map<string, unknown>();
  const resume = async (worker: string) => {
    for (const step of await engine.claim(worker, WAITS + 50)) {
      if (step.run_id !== run.id) continue;
      expect(results.has(step.id)).toBe(false);
      const answer = await wait(
        engine.worker,
        { stepId: step.id, epoch: step.epoch, tenantId: null },
        "w",
        optionsOf(step.name),
      );
      results.set(step.id, answer);
      const { settled } = await engine.settle([done(step, answer)], worker);
      expect(settled.results).toMatchObject([{ result: "settled" }]);
    }
  };
  await Promise.all([resume("w2"), resume("w3")]);
  for (const step of claimed.filter(({ id }) => !results.has(id))) {
    results.set(step.id, "kept");
    await engine.settle([done(step)]);
  }
  expect(results.size).toBe(WAITS);
  const left = await engine.owner.query(
    "select count(*)::int as n from steps where run_id = $1 and status <> 'succeeded'",
    [run.id],
  );
  expect(left.rows).toEqual([{ n: 0 }]);
});
