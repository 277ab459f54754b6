import { afterAll, beforeAll, expect, test } from "vitest";
import {
  claimForAgent,
  sendMessage,
  wait,
  type ClaimedStepRow,
  type WaitAnswer,
} from "@nofx/db/leases";
import { seedAgent, seedRun, seedTenant, type SeededAgent } from "@nofx/db/testing";
import { agentOf, LEASE_MS, startEngine, type Engine } from "./harness.ts";

const MESSAGES = process.env["PROVE"] === "1" ? 200 : 20;
const BY = { type: "member", id: "m1" };

let engine: Engine;
beforeAll(async () => {
  engine = await startEngine();
});
afterAll(() => engine[Symbol.asyncDispose]());

/** Two steps of one run, in the hands of one agent. */
async function pair() {
  const tenant = await seedTenant(engine.owner);
  const agent = await seedAgent(engine.owner, tenant.id, { capabilities: ["test.work"] });
  await seedRun(engine.owner, tenant.id, [
    { name: "a", kind: "agent" },
    { name: "b", kind: "agent" },
  ]);
  const claimed = await claim(agent, 2);
  return { tenant, agent, a: claimed[0]!, b: claimed[1]! };
}

const claim = (agent: SeededAgent, limit = 1) =>
  engine.asAgent(agent, (db) =>
    claimForAgent(db, agentOf(agent), {
      capabilities: ["test.work"],
      limit,
      leaseMs: LEASE_MS,
    }),
  );

const payloadOf = (answer: WaitAnswer) =>
  answer.held ? undefined : (answer.payload as { payload: unknown }).payload;

/** As the agent API does: a call that met a lock is made again. Anything else, a circle of locks say, fails the test. */
async function patient<T>(work: () => Promise<T>): Promise<T> {
  for (;;) {
    try {
      return await work();
    } catch (error) {
      if ((error as { code?: string }).code !== "55P03") throw error;
    }
  }
}

/** Takes so many messages, one after the other, through every suspension; answers them and the last claim. */
async function takeAll(agent: SeededAgent, step: ClaimedStepRow, count: number) {
  const taken: unknown[] = [];
  let held = step;
  while (taken.length < count) {
    const name = `m${taken.length}`;
    const answer = await engine.asAgent(agent, (db) =>
      wait(db, { stepId: held.id, epoch: held.epoch, tenantId: agent.tenantId }, name, [
        { option: "m", kind: "message", topic: "talk" },
      ]),
    );
    if (!answer.held) {
      taken.push(payloadOf(answer));
      continue;
    }
    for (let again: ClaimedStepRow | undefined; again === undefined;) {
      [again] = await claim(agent);
      held = again ?? held;
    }
  }
  return taken;
}

test(`${MESSAGES} messages sent at once are taken once each, in the order in which they were stored`, async () => {
  const { tenant, agent, a } = await pair();
  const sends = Array.from({ length: MESSAGES }, (_, n) =>
    sendMessage(engine.worker, { tenantId: tenant.id, to: a.id, channel: "talk", payload: n }, BY),
  );
  const [taken] = await Promise.all([takeAll(agent, a, MESSAGES), ...sends]);
  const { rows } = await engine.owner.query(
    "select payload, consumed_by from agent_messages where to_step = $1 order by seq",
    [a.id],
  );
  expect(taken).toEqual(rows.map(({ payload }) => payload));
  expect(new Set(rows.map((row) => row.consumed_by)).size).toBe(MESSAGES);
});

test("two steps that send to each other never wait for each other in a circle", async () => {
  const { agent, a, b } = await pair();
  const talk = async (from: ClaimedStepRow, to: ClaimedStepRow) => {
    for (let n = 0; n < MESSAGES; n += 1) {
      await patient(() =>
        engine.asAgent(agent, (db) =>
          sendMessage(
            db,
            {
              tenantId: agent.tenantId,
              to: to.id,
              channel: "talk",
              payload: n,
              from: { stepId: from.id, epoch: from.epoch, sentAs: `${n}` },
            },
            { type: "agent", id: agent.id },
          ),
        ),
      );
    }
  };
  await Promise.all([talk(a, b), talk(b, a), talk(a, b), talk(b, a)]);
  const inOrder = Array.from({ length: MESSAGES }, (_, n) => n);
  expect(await takeAll(agent, a, MESSAGES)).toEqual(inOrder);
  expect(await takeAll(agent, b, MESSAGES)).toEqual(inOrder);
});

test("an agent sends only as the step that it holds, and only within its run", async () => {
  const [one, other] = [await pair(), await pair()];
  const send = (message: object) =>
    engine.asAgent(one.agent, (db) =>
      sendMessage(
        db,
        { tenantId: one.tenant.id, to: one.b.id, channel: "talk", payload: 1, ...message },
        { type: "agent", id: one.agent.id },
      ),
    );
  const from = { stepId: one.a.id, epoch: one.a.epoch, sentAs: "x" };
  await expect(send({})).rejects.toMatchObject({ code: "42501" });
  await expect(send({ from: { ...from, epoch: 7 } })).rejects.toMatchObject({ code: "NX001" });
  await expect(send({ from: { ...from, stepId: other.a.id } })).rejects.toMatchObject({
    code: "NX001",
  });
  await expect(send({ from, tenantId: other.tenant.id })).rejects.toMatchObject({ code: "42501" });
  expect(await send({ from, to: other.b.id })).toBeUndefined();
  expect(await send({ from })).toMatchObject({ ended: false });
});
