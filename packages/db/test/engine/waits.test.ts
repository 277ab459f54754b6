import { sql } from "kysely";
import { afterAll, beforeAll, expect, test } from "vitest";
import {
  answerWait,
  expireApprovals,
  sendEvent,
  sendMessage,
  wait,
  wakeTimers,
  type ClaimedStepRow,
  type WaitAnswer,
  type WaitOption,
} from "@nofx/db/leases";
import { seedRun, seedTenant } from "@nofx/db/testing";
import { done, refusal, startEngine, type Engine } from "./harness.ts";

let engine: Engine;
beforeAll(async () => {
  engine = await startEngine();
});
afterAll(() => engine[Symbol.asyncDispose]());

const BY = { type: "member", id: "m1" };
const timer = (seconds: number, option = "late"): WaitOption => ({
  option,
  kind: "timer",
  seconds,
});
const event = (key?: string, option = "told"): WaitOption => ({
  option,
  kind: "event",
  topic: "paid",
  key,
});
const message: WaitOption = { option: "mail", kind: "message", topic: "inbox" };
const person: WaitOption = {
  option: "person",
  kind: "person",
  question: { title: "Colour", question: "Which?" },
};
const approval: WaitOption = {
  option: "people",
  kind: "approval",
  title: "t",
  question: "Go on?",
  why: "It asks.",
  arguments: { n: 1 },
  arguments_digest: "d",
  requester: "w1",
  expires_ms: 60_000,
};

/** A step that its executor holds, in a run of its own. */
async function start() {
  const tenant = await seedTenant(engine.owner);
  const run = await seedRun(engine.owner, tenant.id, [{ name: "a" }, { name: "b", needs: ["a"] }]);
  const id = run.steps["a"]!;
  const claim = async () => (await engine.claim()).find((step) => step.id === id);
  const asked = async (step: ClaimedStepRow, options: WaitOption[], name = "w") =>
    wait(engine.worker, { stepId: id, epoch: step.epoch, tenantId: null }, name, options);
  const tell = (payload: unknown, key: string | null = null, runId: string | null = null) =>
    sendEvent(engine.worker, { tenantId: tenant.id, name: "paid", key, payload, runId }, BY);
  const mail = (payload: unknown) =>
    sendMessage(engine.worker, { tenantId: tenant.id, to: id, channel: "inbox", payload }, BY);
  const waits = async () =>
    (
      await engine.owner.query(
        "select name, option, status from waits where step_id = $1 order by name, position",
        [id],
      )
    ).rows;
  return { tenant, run, id, claim, asked, tell, mail, waits, step: (await claim())! };
}

const met = (option: string, payload: unknown = expect.anything()) =>
  expect.objectContaining({ held: false, met: option, payload });
const payloadOf = (answer: WaitAnswer) => (answer.held ? undefined : answer.payload);

async function due(stepId: string): Promise<void> {
  await engine.owner.query(
    "update waits set due_at = clock_timestamp() where step_id = $1 and kind = 'timer'",
    [stepId],
  );
}

async function decide(stepId: string, status: string): Promise<void> {
  const { rows } = await engine.owner.query(
    "update approvals set status = $2, decided_at = clock_timestamp() where step_id = $1 and status = 'pending' returning id",
    [stepId, status],
  );
  await sql`select engine.apply_approval(${rows[0].id}::uuid, 'member', 'm1')`.execute(
    engine.worker,
  );
}

test("a wait holds no lease, uses no attempt, and takes what comes later", async () => {
  const { id, step, asked, claim, tell } = await start();
  expect(await asked(step, [event()])).toEqual({ held: true, name: "w" });
  expect(await engine.step(id)).toMatchObject({
    status: "queued",
    holds: 16,
    lease_owner: null,
    failures: 0,
    crashes: 0,
  });
  expect(await claim()).toBeUndefined();
  expect((await engine.settle([done(step)])).settled.results).toMatchObject([{ result: "stale" }]);

  expect(await tell({ cents: 5 })).toMatchObject({ waiting: 1, for_workers: 1 });
  expect(await engine.step(id)).toMatchObject({ status: "queued", holds: 0, held_at: null });
  const again = (await claim())!;
  expect(again).toMatchObject({ epoch: 2, failures: 0 });
  expect(await asked(again, [event()])).toEqual(
    met("told", expect.objectContaining({ name: "paid", payload: { cents: 5 } })),
  );
});

test("what was there before is taken at once, and the executor keeps its step", async () => {
  const { step, asked, tell, mail, id } = await start();
  await tell({ n: 1 });
  expect(await asked(step, [event()])).toEqual(met("told"));
  await mail("hello");
  expect(await asked(step, [message], "mail")).toEqual(
    met("mail", expect.objectContaining({ payload: "hello", from_step: null })),
  );
  expect(await asked(step, [timer(0)], "now")).toEqual(met("late", null));
  expect(await asked(step, [{ option: "all", kind: "children" }], "none")).toEqual(
    met("all", { children: [] }),
  );
  expect(await engine.step(id)).toMatchObject({ status: "running", holds: 0, epoch: 1 });
});

test("a timer wakes its step when it is due by the database clock, and not before", async () => {
  const { id, step, asked, claim } = await start();
  await asked(step, [timer(3_600)]);
  await wakeTimers(engine.worker, 100);
  expect(await engine.step(id)).toMatchObject({ holds: 8 });
  await due(id);
  expect((await wakeTimers(engine.worker, 100)).woken).toBeGreaterThan(0);
  expect(await asked((await claim())!, [timer(3_600)])).toEqual(met("late", null));
});

test("an event of another key, run, tenant or time is not taken", async () => {
  const one = await start();
  await one.tell({ too: "early" });
  await engine.owner.query(
    "update external_events set sent_at = sent_at - interval '1 hour' where tenant_id = $1",
    [one.tenant.id],
  );
  const other = await start();
  await one.asked(one.step, [event("order-1")]);
  for (const wrong of [
    one.tell({}, "order-2"),
    one.tell({}),
    other.tell({}, "order-1"),
    one.tell({}, "order-1", other.run.id),
  ]) {
    expect((await wrong)?.waiting ?? 0).toBe(0);
  }
  expect(await engine.step(one.id)).toMatchObject({ holds: 16 });
  expect(await one.tell({}, "order-1", one.run.id)).toMatchObject({ waiting: 1 });
  expect(await one.asked((await one.claim())!, [event("order-1")])).toEqual(met("told"));
});

test("each event meets one wait of a step, the oldest first", async () => {
  const { step, asked, tell } = await start();
  for (const n of [1, 2]) await tell(n);
  for (const n of [1, 2]) {
    expect(payloadOf(await asked(step, [event()], `w${n}`))).toMatchObject({ payload: n });
  }
  expect(await asked(step, [event()], "w3")).toMatchObject({ held: true });
});

test("messages are taken once each and in the order in which they were sent", async () => {
  const { id, step, asked, claim, mail } = await start();
  for (const n of [1, 2, 3]) await mail(n);
  const taken = [];
  for (const n of [1, 2, 3]) taken.push(payloadOf(await asked(step, [message], `m${n}`)));
  expect(taken).toMatchObject([{ payload: 1 }, { payload: 2 }, { payload: 3 }]);
  expect(await asked(step, [message], "m4")).toMatchObject({ held: true });
  expect(await mail(4)).toMatchObject({ ended: false, for_workers: 1 });
  expect(await mail(5)).toMatchObject({ for_workers: 0 });
  const again = (await claim())!;
  expect(payloadOf(await asked(again, [message], "m1"))).toMatchObject({ payload: 1 });
  expect(payloadOf(await asked(again, [message], "m4"))).toMatchObject({ payload: 4 });
  expect(payloadOf(await asked(again, [message], "m5"))).toMatchObject({ payload: 5 });
  await engine.settle([done(again)]);
  expect(await mail(6)).toMatchObject({ ended: true, message_id: null });
  const { rows } = await engine.owner.query(
    "select count(distinct consumed_by)::int as waits, count(*)::int as messages from agent_messages where to_step = $1",
    [id],
  );
  expect(rows).toEqual([{ waits: 5, messages: 5 }]);
});

test("a person's answer is taken once; the question is closed after it", async () => {
  const { tenant, step, asked, claim, id } = await start();
  await asked(step, [person]);
  expect(await engine.step(id)).toMatchObject({ holds: 128 });
  const { rows } = await engine.owner.query("select id, question from waits where step_id = $1", [
    id,
  ]);
  expect(rows[0].question).toEqual({ title: "Colour", question: "Which?" });
  const answer = (value: unknown, tenantId = tenant.id) =>
    answerWait(engine.worker, { tenantId, waitId: rows[0].id, answer: value }, BY);
  expect(await answer("red", (await seedTenant(engine.owner)).id)).toBeUndefined();
  expect(await answer("red")).toMatchObject({ result: "met", for_workers: 1 });
  expect(await answer("blue")).toMatchObject({ result: "closed", status: "met" });
  expect(payloadOf(await asked((await claim())!, [person]))).toMatchObject({
    answer: "red",
    by: "m1",
  });
});

test.each(["approved", "rejected", "expired"])(
  "people say %s: the wait is met by that",
  async (status) => {
    const { id, step, asked, claim } = await start();
    await asked(step, [approval]);
    expect(await engine.step(id)).toMatchObject({ holds: 2 });
    if (status === "expired") {
      await engine.owner.query(
        "update approvals set expires_at = clock_timestamp() where step_id = $1",
        [id],
      );
      await expireApprovals(engine.worker, 100);
    } else {
      await decide(id, status);
    }
    expect(payloadOf(await asked((await claim())!, [approval]))).toMatchObject({ status });
  },
);

test("the first of many is met, the others are lost, and an approval among them is cancelled", async () => {
  const { id, step, asked, claim, tell, waits, mail } = await start();
  const options = [person, approval, timer(3_600), message, event("x")];
  expect(await asked(step, options)).toMatchObject({ held: true });
  expect(await engine.step(id)).toMatchObject({ holds: 128 | 2 | 8 | 32 | 16 });
  await tell({}, "x");
  expect(await engine.step(id)).toMatchObject({ holds: 0 });
  const lost = ["person", "people", "late", "mail"].map((option) => ({
    name: "w",
    option,
    status: "lost",
  }));
  expect(await waits()).toEqual([...lost, { name: "w", option: "told", status: "met" }]);
  const { rows } = await engine.owner.query("select status from approvals where step_id = $1", [
    id,
  ]);
  expect(rows).toEqual([{ status: "cancelled" }]);

  // what comes to the losers later changes nothing, and what they did not take is there for the next
  await due(id);
  await wakeTimers(engine.worker, 100);
  await mail("kept");
  const again = (await claim())!;
  expect(await asked(again, options)).toEqual(met("told"));
  expect(payloadOf(await asked(again, [message], "next"))).toMatchObject({ payload: "kept" });
});

test("of two timers that are both due the earlier one is met", async () => {
  const { id, step, asked, claim } = await start();
  await asked(step, [timer(20, "long"), timer(10, "short")]);
  await engine.owner.query(
    "update waits set due_at = due_at - interval '1 hour' where step_id = $1",
    [id],
  );
  await wakeTimers(engine.worker, 100);
  expect(await asked((await claim())!, [])).toEqual(met("short", null));
});

test("asking again after a crash gives the same answer, whatever has come since", async () => {
  const { id, step, asked, claim, tell } = await start();
  await tell("first");
  const first = await asked(step, [event()]);
  await tell("second");
  await engine.lapse(id);
  await sql`select engine.reclaim(100)`.execute(engine.worker);
  const again = (await claim())!;
  expect(again).toMatchObject({ epoch: 2, crashes: 1 });
  expect(await asked(again, [event()])).toEqual(first);
});

test("who does not hold the step any more cannot wait for it", async () => {
  const { id, step, asked, waits } = await start();
  await engine.lapse(id);
  expect(await refusal(asked(step, [event()]))).toBe("NX001");
  expect(await waits()).toEqual([]);
});

test("time spent waiting does not count against the deadline", async () => {
  const { id, step, asked, tell } = await start();
  const before = (await engine.step(id))["deadline_at"] as Date;
  await asked(step, [event()]);
  await engine.owner.query("update steps set held_at = held_at - interval '7 days' where id = $1", [
    id,
  ]);
  await tell({});
  const after = (await engine.step(id))["deadline_at"] as Date;
  expect(after.getTime() - before.getTime()).toBeGreaterThanOrEqual(7 * 86_400_000);
});

test("a step whose cancel was asked for ends instead of waiting", async () => {
  const { id, step, asked, waits } = await start();
  await engine.owner.query(
    "update steps set cancel_requested_at = clock_timestamp() where id = $1",
    [id],
  );
  expect(await asked(step, [event()])).toMatchObject({ held: true });
  expect(await engine.step(id)).toMatchObject({ status: "cancelled" });
  expect(await waits()).toEqual([{ name: "w", option: "told", status: "cancelled" }]);
});
