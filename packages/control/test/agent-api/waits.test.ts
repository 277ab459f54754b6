import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, expect, test } from "vitest";
import { toUuid } from "@nofx/core/vocabulary";
import { agentStep, startAgentApi, type AgentApi, type TestAgent } from "./harness.ts";

let api: AgentApi;
beforeAll(async () => {
  api = await startAgentApi();
});
afterAll(() => api[Symbol.asyncDispose]());

async function claimOne(steps = [agentStep("one")]) {
  const tenant = await api.tenant();
  const agent = await api.agent(tenant);
  const run = await api.run(tenant, steps);
  const claimed = (await agent.claim()).body.steps!;
  const step = claimed.find(({ name }) => name === "one")!;
  const post = (verb: string, body: object, as: TestAgent = agent, options = {}) =>
    as.post(`/steps/${step.id}/${verb}`, { epoch: step.epoch, ...body }, options);
  return { tenant, agent, run, step, post, claimed };
}

const event = { option: "told", event: { name: "paid", key: "order-1" } };

test("a wait ends the lease; the same key gets the same answer; what is met comes with the next claim", async () => {
  const { agent, step, post } = await claimOne();
  const wait = { name: "w", options: [event], timeoutSeconds: 0.01 };
  const key = { idempotencyKey: randomUUID() };
  const untimed = { ...wait, timeoutSeconds: 3_600 };
  for (const _ of [1, 2]) {
    expect(await post("waits", untimed, agent, key)).toMatchObject({
      status: 200,
      body: { status: "pending" },
    });
  }
  expect((await post("heartbeat", {})).body.code).toBe("lease_lost");
  await api.owner.query(
    "update waits set due_at = clock_timestamp() where step_id = $1 and option = 'timed_out'",
    [toUuid("step", step.id)],
  );
  await api.owner.query("select engine.wake_timers(10)");
  const [again] = (await agent.claim()).body.steps!;
  expect(again).toMatchObject({ id: step.id, epoch: 2, attempt: 1 });
  expect((await post("waits", { ...untimed, epoch: 2 })).body).toEqual({
    status: "met",
    met: { option: "timed_out", kind: "timer", payload: null },
  });
});

test.each([
  ["no option", { options: [] }],
  ["an option for nothing", { options: [{ option: "a" }] }],
  ["an option for two things", { options: [{ option: "a", seconds: 1, children: true }] }],
  ["one label twice", { options: [event, event] }],
  ["the label of the timeout", { options: [{ option: "timed_out", seconds: 1 }] }],
  ["a name of nothing", { options: [{ option: "a", event: { name: "" } }] }],
  ["a time that is none", { options: [{ option: "a", until: "tomorrow" }] }],
])("%s is refused by name", async (_name, wrong) => {
  const { post } = await claimOne();
  expect(await post("waits", { name: "w", ...wrong })).toMatchObject({
    status: 400,
    body: { code: "invalid_input" },
  });
});

test("children are spawned once by name, run by agents, and told of with what they left", async () => {
  const { agent, post, step } = await claimOne();
  const child = (name: string) => ({
    name,
    kind: "agent",
    with: { capability: "test.work", input: { of: name } },
  });
  const first = await post("children", { children: [child("x"), child("y")] });
  expect(first).toMatchObject({
    status: 200,
    body: { children: [{ name: "x", status: "queued" }, { name: "y" }] },
  });
  expect((await post("children", { children: [child("x"), child("y")] })).body).toEqual(first.body);
  expect(
    await post("waits", { name: "all", options: [{ option: "ended", children: true }] }),
  ).toMatchObject({ body: { status: "pending" } });
  const claimed = (await agent.claim()).body.steps!;
  expect(claimed.map(({ name, input }) => [name, input])).toEqual([
    ["one.x", { of: "x" }],
    ["one.y", { of: "y" }],
  ]);
  const [x, y] = claimed;
  await agent.post(`/steps/${x!.id}/complete`, { epoch: 1, output: { n: 1 } });
  const error = { code: "agent_permanent_error", message: "no" };
  await agent.post(`/steps/${y!.id}/fail`, { epoch: 1, error });
  const [again] = (await agent.claim()).body.steps!;
  expect(again?.id).toBe(step.id);
  const answer = await post("waits", {
    epoch: again!.epoch,
    name: "all",
    options: [{ option: "ended", children: true }],
  });
  expect(answer.body).toMatchObject({
    status: "met",
    met: {
      kind: "children",
      payload: [
        { name: "x", stepId: x!.id, status: "succeeded", output: { n: 1 }, error: null },
        { name: "y", stepId: y!.id, status: "failed", output: null, error },
      ],
    },
  });
});

test("a step may not spawn what runs by the worker's rights, nor into a run that is being cancelled", async () => {
  const { post, run } = await claimOne();
  for (const child of [
    { name: "x", kind: "shell", with: { script: ":" } },
    { name: "x", kind: "http", with: { url: "https://example.com" } },
  ]) {
    expect(await post("children", { children: [child] })).toMatchObject({ status: 400 });
  }
  const wait = { name: "x", kind: "wait", with: { seconds: 60 } };
  await api.owner.query("update runs set cancel_requested_at = clock_timestamp() where id = $1", [
    run.id,
  ]);
  expect(await post("children", { children: [wait] })).toMatchObject({
    status: 409,
    body: { code: "conflict" },
  });
});

test("agents send to steps of their run; a message that is sent again is one", async () => {
  const { agent, post, claimed } = await claimOne([agentStep("one"), agentStep("two")]);
  const two = claimed.find(({ name }) => name === "two")!;
  const message = { to: two.id, channel: "talk", payload: { n: 1 }, sentAs: "hello" };
  const sent = await post("messages", message);
  expect(sent).toMatchObject({ status: 200 });
  expect((await post("messages", message)).body).toEqual(sent.body);
  const receive = (name: string) =>
    agent.post(`/steps/${two.id}/waits`, {
      epoch: 1,
      name,
      options: [{ option: "m", message: { channel: "talk" } }],
    });
  expect((await receive("first")).body).toMatchObject({
    status: "met",
    met: {
      kind: "message",
      payload: { fromStep: claimed.find(({ name }) => name === "one")!.id, payload: { n: 1 } },
    },
  });
  expect((await receive("second")).body).toEqual({ status: "pending" });

  const other = await claimOne();
  expect(await post("messages", { ...message, to: other.step.id, sentAs: "x" })).toMatchObject({
    status: 404,
  });
  await post("complete", { output: null });
  expect(await other.post("messages", { ...message, to: other.step.id })).toMatchObject({
    status: 200,
  });
});

test("an undo comes with its checkpoint and is registered once", async () => {
  const { post, step } = await claimOne();
  const undo = { kind: "agent", with: { capability: "test.undo", input: { order: 1 } } };
  for (const _ of [1, 2]) {
    expect(await post("checkpoints", { name: "pay", value: 1, undo })).toMatchObject({
      status: 200,
    });
  }
  const { rows } = await api.owner.query(
    "select name, kind, arguments from compensations where step_id = $1",
    [toUuid("step", step.id)],
  );
  expect(rows).toMatchObject([
    { name: "pay", kind: "agent", arguments: { capability: "test.undo", input: { order: 1 } } },
  ]);
  const shell = { kind: "shell", with: { script: ":" } };
  expect(await post("checkpoints", { name: "x", value: 1, undo: shell })).toMatchObject({
    status: 400,
  });
});

test("a wait for some children is met while others are under way, and told of those alone", async () => {
  const { agent, post, step } = await claimOne();
  const children = ["x", "y", "z"].map((name) => ({
    name,
    kind: "agent",
    with: { capability: "test.work", input: {} },
  }));
  await post("children", { children });
  const some = { name: "some", options: [{ option: "ended", children: ["x", "z"] }] };
  expect((await post("waits", some)).body).toEqual({ status: "pending" });
  const [x, y, z] = (await agent.claim()).body.steps!;
  const complete = (id: string) => agent.post(`/steps/${id}/complete`, { epoch: 1, output: id });
  await complete(x!.id);
  expect((await agent.claim()).body.steps).toEqual([]);
  await complete(z!.id);
  const [again] = (await agent.claim()).body.steps!;
  expect(again).toMatchObject({ id: step.id, epoch: 2 });
  expect((await post("waits", { ...some, epoch: 2 })).body).toMatchObject({
    met: {
      payload: [
        { name: "x", output: x!.id },
        { name: "z", output: z!.id },
      ],
    },
  });
  // y goes on: who waits for all still waits
  const all = { epoch: 2, name: "all", options: [{ option: "ended", children: true }] };
  expect((await post("waits", all)).body).toEqual({ status: "pending" });
  await complete(y!.id);
  const [last] = (await agent.claim()).body.steps!;
  const gone = { name: "gone", options: [{ option: "ended", children: ["never"] }] };
  expect((await post("waits", { ...gone, epoch: last!.epoch })).body).toMatchObject({
    met: { payload: [] },
  });
});

test("an event of a step is sent once under its name, and to its own run alone", async () => {
  const { tenant, agent, post } = await claimOne([agentStep("one"), agentStep("two")]);
  const other = await api.run(tenant, [agentStep("one")]);
  const waiting = (await agent.claim()).body.steps ?? [];
  expect(waiting).toHaveLength(1);
  const wait = { epoch: 1, name: "w", options: [{ option: "told", event: { name: "paid" } }] };
  await agent.post(`/steps/${waiting[0]!.id}/waits`, wait);
  const said = { name: "first", event: "paid", key: "o-1", payload: { cents: 5 } };
  const first = await post("events", said);
  expect(first).toMatchObject({ status: 200, body: { created: true } });
  expect((await post("events", { ...said, payload: { cents: 6 } })).body).toEqual({
    ...first.body,
    created: false,
  });
  const { rows } = await api.owner.query(
    "select run_id, key, payload, sent_by_type from external_events where tenant_id = $1",
    [tenant],
  );
  expect(rows).toMatchObject([{ key: "o-1", payload: { cents: 5 }, sent_by_type: "agent" }]);
  expect(rows[0]).not.toMatchObject({ run_id: other.id });
  expect((await agent.claim()).body.steps).toEqual([]);
  expect((await post("events", { ...said, name: "second", epoch: 7 })).body.code).toBe(
    "lease_lost",
  );
});
