import { randomUUID } from "node:crypto";
import { handleAgentRequest } from "@nofx/control/http";
import { toId, toUuid } from "@nofx/core/vocabulary";
import { afterAll, beforeAll, expect, test } from "vitest";
import { agentStep, startAgentApi, type AgentApi, type TestAgent } from "../agent-api/harness.ts";

const MESSAGES = process.env["PROVE"] === "1" ? 200 : 20;

let api: AgentApi;
beforeAll(async () => {
  api = await startAgentApi();
});
afterAll(() => api[Symbol.asyncDispose]());

interface Message {
  messageId: string;
  seq: number;
  payload: unknown;
  causedBy: string | null;
  correlationId: string;
}
interface Held {
  step: string;
  epoch: number;
}

/** A run with these steps, all in the hands of one agent. */
async function held(names: string[], tenantId?: string) {
  const tenant = tenantId ?? (await api.tenant());
  const agent = await api.agent(tenant);
  const run = await api.run(
    tenant,
    names.map((name) => agentStep(name)),
  );
  const steps: Record<string, Held> = {};
  while (Object.keys(steps).length < names.length) {
    for (const { id, epoch, name } of (await agent.claim()).body.steps!) {
      steps[name] = { step: id, epoch };
    }
  }
  return { tenant, agent, runId: toId("run", run.id), steps };
}

const nameOf = async (agent: TestAgent): Promise<string> => {
  const { rows } = await api.owner.query("select name from agent_registry where id = $1", [
    agent.id,
  ]);
  return rows[0].name;
};
const send = (agent: TestAgent, body: Record<string, unknown>) =>
  agent.post("/messages", { sentAs: randomUUID(), payload: null, ...body });
const read = async (agent: TestAgent, body: Record<string, unknown>) => {
  const { status, body: answer } = await agent.post("/messages/read", body);
  return {
    status,
    ...(answer as unknown as { messages: Message[]; done: number; head: number; code?: string }),
  };
};
const payloads = ({ messages }: { messages: Message[] }) => messages.map(({ payload }) => payload);

test(`${MESSAGES} messages sent at once have numbers without gaps, and each reader has a place of its own`, async () => {
  const { tenant, agent } = await held(["a"]);
  const other = await api.agent(tenant);
  const to = { channel: "orders.new" };
  const sent = await Promise.all(
    Array.from({ length: MESSAGES }, (_, n) =>
      send(n % 2 === 0 ? agent : other, { to, payload: n }),
    ),
  );
  expect(sent.map(({ body }) => body["seq"]).toSorted((x, y) => Number(x) - Number(y))).toEqual(
    Array.from({ length: MESSAGES }, (_, n) => n + 1),
  );
  const first = await read(agent, { of: to, max: 5 });
  expect(first.messages.map(({ seq }) => seq)).toEqual([1, 2, 3, 4, 5]);
  // whoever dies before it says that it is done is told again
  expect(payloads(await read(agent, { of: to, max: 5 }))).toEqual(payloads(first));
  const next = await read(agent, { of: to, max: 5, done: 5 });
  expect(next).toMatchObject({ done: 5, head: MESSAGES });
  expect(next.messages.map(({ seq }) => seq)).toEqual([6, 7, 8, 9, 10]);
  // a place never moves back, and reading again from any point moves none
  expect((await read(agent, { of: to, max: 1, done: 2 })).done).toBe(5);
  expect(payloads(await read(agent, { of: to, from: 1, max: 5 }))).toEqual(payloads(first));
  expect((await read(other, { of: to, max: 1 })).messages[0]?.seq).toBe(1);
  expect((await read(agent, { of: to, max: 1, reader: "audit" })).messages[0]?.seq).toBe(1);
});

test("what is sent again under its name is one message, at once or one after the other", async () => {
  const { agent, steps } = await held(["a"]);
  const to = { channel: "once" };
  const twice = [1, 2, 3].map(() => send(agent, { to, sentAs: "x", payload: 1 }));
  const ids = new Set((await Promise.all(twice)).map(({ body }) => body["messageId"]));
  expect(ids.size).toBe(1);
  const from = steps["a"];
  const [one, again] = [
    await send(agent, { from, to, sentAs: "x", payload: 2 }),
    await send(agent, { from, to, sentAs: "x", payload: 3 }),
  ];
  expect(again.body["messageId"]).toBe(one.body["messageId"]);
  expect(payloads(await read(agent, { of: to }))).toEqual([1, 2]);
});

test("nothing reaches another tenant: not its agent by id or name, its run, step or message", async () => {
  const [ours, theirs] = [await held(["a"]), await held(["b"])];
  const from = ours.steps["a"];
  const asked = await send(theirs.agent, { from: theirs.steps["b"], to: { channel: "c" } });
  for (const to of [
    { agent: toId("agent", theirs.agent.id) },
    { agent: await nameOf(theirs.agent) },
    { run: theirs.runId },
    { step: theirs.steps["b"]!.step },
    { session: toId("session", randomUUID()) },
  ]) {
    for (const as of [undefined, from]) {
      const { status, body } = await send(ours.agent, { to, ...(as && { from: as }) });
      expect([to, status, body.code]).toEqual([to, 404, "recipient_unknown"]);
    }
    expect((await read(ours.agent, { of: to, as: from })).code).toBe("recipient_unknown");
  }
  const reply = { payload: 1, sentAs: "r" };
  const id = String(asked.body["messageId"]);
  expect((await ours.agent.post(`/messages/${id}/reply`, reply)).body.code).toBe(
    "recipient_unknown",
  );
  // and by a step that somebody else holds
  const forged = await send(ours.agent, { from: theirs.steps["b"], to: { channel: "c" } });
  expect(forged.body.code).toBe("lease_lost");
  // their channel of the same name is another one
  expect((await read(ours.agent, { of: { channel: "c" } })).messages).toEqual([]);
});

test("channels are closed to those who are no part of them, and rules close them further", async () => {
  const { tenant, agent, runId, steps } = await held(["a"]);
  const other = await api.agent(tenant);
  const toRun = { run: runId, channel: "work" };
  const codes = async (as: TestAgent, to: object, more = {}) => [
    (await send(as, { to, ...more })).body.code,
    (await read(as, { of: to, ...more })).code,
  ];
  expect(await codes(other, toRun)).toEqual(["channel_forbidden", "channel_forbidden"]);
  expect((await send(agent, { from: steps["a"], to: toRun })).status).toBe(200);
  const inbox = { agent: toId("agent", agent.id), channel: "inbox" };
  expect((await send(other, { to: inbox, payload: "hi" })).status).toBe(200);
  expect((await read(other, { of: inbox })).code).toBe("channel_forbidden");
  expect(payloads(await read(agent, { of: inbox }))).toEqual(["hi"]);
  expect((await send(agent, { to: { channel: "reply/x" } })).body.code).toBe("channel_forbidden");
  const gone = await api.agent(tenant);
  await api.owner.query("update agent_registry set status = 'retired' where id = $1", [gone.id]);
  const toGone = { agent: toId("agent", gone.id) };
  expect((await send(agent, { to: toGone })).body.code).toBe("conflict");

  const rule = (row: Record<string, unknown>) =>
    api.owner.query(
      `insert into channel_rules (tenant_id, agent_id, channel, type_prefix, verb, effect, created_by)
       values ($1, $2, $3, $4, $5, $6, 'test')`,
      [tenant, row["agent"] ?? null, row["channel"], row["type"] ?? "", row["verb"], row["effect"]],
    );
  const paid = { to: { channel: "payments.in" }, type: "x.payments.settled", payload: {} };
  await rule({ channel: "payments.*", verb: "send", effect: "deny" });
  await rule({ channel: "payments.*", verb: "send", effect: "allow", agent: agent.id });
  await rule({
    channel: "payments.*",
    type: "x.payments",
    verb: "read",
    effect: "deny",
    agent: other.id,
  });
  expect((await send(other, paid)).body.code).toBe("channel_forbidden");
  expect((await send(agent, paid)).status).toBe(200);
  await send(agent, { to: paid.to, payload: "plain" });
  expect(payloads(await read(other, { of: paid.to }))).toEqual(["plain"]);
  expect(payloads(await read(agent, { of: paid.to }))).toEqual([{}, "plain"]);
  // pages of nothing but what is denied hold up nothing that comes behind
  const all = await read(other, { of: paid.to, max: 1, done: 0, reader: "one" });
  expect([payloads(all), all.done]).toEqual([["plain"], 1]);
});

test("a mailbox that the run does not have is no recipient", async () => {
  const { agent, steps } = await held(["a"]);
  const elsewhere = await held(["b"]);
  const { step, epoch } = steps["a"]!;
  for (const to of [toId("step", randomUUID()), elsewhere.steps["b"]!.step]) {
    const body = { epoch, to, channel: "c", payload: 1, sentAs: "m" };
    const answer = await agent.post(`/steps/${step}/messages`, body);
    expect([answer.status, answer.body.code]).toEqual([404, "recipient_unknown"]);
  }
});

test("rules and the channels of answers hold in mailboxes too", async () => {
  const { tenant, agent, steps } = await held(["a", "b"]);
  await api.owner.query(
    `insert into channel_rules (tenant_id, channel, verb, effect, created_by) values ($1, 'closed', 'send', 'deny', 'test')`,
    [tenant],
  );
  const { step, epoch } = steps["a"]!;
  const tell = async (channel: string) => {
    const body = { epoch, to: steps["b"]!.step, channel, payload: 1, sentAs: channel };
    return (await agent.post(`/steps/${step}/messages`, body)).body.code;
  };
  expect(await tell("open")).toBeUndefined();
  expect(await tell("closed")).toBe("channel_forbidden");
  expect(await tell("reply/x")).toBe("channel_forbidden");
});

test("a reader whose key is revoked while it waits is told nothing any more, and so", async () => {
  const { agent } = await held(["a"]);
  const { clock } = api.plane;
  let now = clock.now();
  const hurried = Object.create(api.plane, {
    clock: {
      value: {
        ...clock,
        now: () => now,
        sleep: async (ms: number) => {
          now += ms;
          await api.owner.query(
            "update agent_keys set revoked_at = coalesce(revoked_at, clock_timestamp()) where agent_id = $1",
            [agent.id],
          );
        },
      },
    },
  }) as typeof api.plane;
  const response = await handleAgentRequest(
    hurried,
    new Request("http://plane.test/api/agent/v1/messages/read", {
      method: "POST",
      headers: {
        authorization: `Bearer ${agent.key}`,
        "content-type": "application/json",
        "idempotency-key": randomUUID(),
      },
      body: JSON.stringify({ of: { channel: "quiet" }, waitSeconds: 20 }),
    }),
  );
  expect([response.status, now - clock.now() < 6_000]).toEqual([401, true]);
});

test("a payload is as its type says; types of one's own may be registered, others are unknown", async () => {
  const { agent } = await held(["a"]);
  const to = { channel: "t" };
  const code = async (type: string, payload: unknown) =>
    (await send(agent, { to, type, payload })).body.code;
  expect(await code("orders.asked", {})).toBe("message_type_unknown");
  expect(await code("handoff.offered", { what: 7 })).toBe("message_invalid");
  expect(await code("x.orders.asked", { cents: "much" })).toBeUndefined();
  const schema = {
    type: "object",
    properties: { cents: { type: "integer" } },
    required: ["cents"],
  };
  const register = (name: string, as: unknown = schema) =>
    agent.post("/messages/types", { name, schema: as });
  expect((await register("x.endless", { $ref: "#" })).status).toBe(200);
  expect(await code("x.endless", {})).toBe("message_invalid");
  expect((await register("orders.asked")).body.code).toBe("invalid_input");
  expect((await register("x.orders.asked", { type: "nonsense" })).body.code).toBe("invalid_input");
  expect((await register("x.orders.asked")).body).toEqual({ name: "x.orders.asked", version: 1 });
  expect((await register("x.orders.asked")).body["version"]).toBe(1);
  const refused = await send(agent, { to, type: "x.orders.asked", payload: { cents: "much" } });
  expect(refused).toMatchObject({ status: 422, body: { code: "message_invalid" } });
  expect(refused.body["issues"]).toMatchObject([{ path: "/payload/cents" }]);
  expect(await code("x.orders.asked", { cents: 5 })).toBeUndefined();
});

test("a request is answered into the wait of whoever asked, or times out", async () => {
  const { tenant, agent, runId, steps } = await held(["ask", "late"]);
  const worker = await api.agent(tenant, ["test.other"]);
  const inbox = { agent: await nameOf(worker), channel: "work" };
  const ask = async (name: string, timeoutSeconds: number) => {
    const from = steps[name]!;
    const sent = await send(agent, { from, to: inbox, type: "request.made", payload: name });
    const channel = String(sent.body["replyChannel"]);
    const wait = { name: "answer", options: [{ option: "answer", message: { channel } }] };
    const post = (epoch: number) =>
      agent.post(`/steps/${from.step}/waits`, { epoch, ...wait, timeoutSeconds });
    return { sent, post };
  };
  const [asked, late] = [await ask("ask", 600), await ask("late", 600)];
  expect((await asked.post(1)).body).toEqual({ status: "pending" });
  expect((await late.post(1)).body).toEqual({ status: "pending" });

  const [request] = (await read(worker, { of: inbox })).messages;
  expect(request?.payload).toBe("ask");
  const reply = { payload: { ok: true }, sentAs: "r" };
  const path = `/messages/${request!.messageId}/reply`;
  expect((await worker.post(path, reply)).status).toBe(200);
  expect((await worker.post(path, { ...reply, payload: "again" })).status).toBe(200);
  await api.owner.query(
    "update waits set due_at = clock_timestamp() where option = 'timed_out' and step_id = $1",
    [toUuid("step", steps["late"]!.step)],
  );
  await api.owner.query("select engine.wake_timers(10)");

  const again = (await agent.claim()).body.steps!;
  expect(again.map(({ name }) => name).toSorted()).toEqual(["ask", "late"]);
  expect((await asked.post(2)).body).toMatchObject({
    status: "met",
    met: { option: "answer", payload: { payload: { ok: true } } },
  });
  expect((await late.post(2)).body).toMatchObject({ met: { option: "timed_out" } });
  const { rows } = await api.owner.query(
    "select causation_id, correlation_id from agent_messages where type = 'reply.given' and tenant_id = $1",
    [tenant],
  );
  expect(rows).toEqual([
    { causation_id: toUuid("message", request!.messageId), correlation_id: request!.correlationId },
  ]);
  // what was said is in no stored answer and in no wait
  const { rows: kept } = await api.owner.query(
    "select count(*)::int as n from (select response::text as t from idempotency_keys union all select payload::text from waits) x where t like '%\"ok\"%'",
  );
  expect(kept).toEqual([{ n: 0 }]);
  expect(runId).toMatch(/^run_/);
});

test("a handoff says what, and refers to artifacts and checkpoints that are there", async () => {
  const { tenant, agent, steps } = await held(["a"]);
  const from = steps["a"]!;
  await agent.post(`/steps/${from.step}/checkpoints`, { epoch: 1, name: "half", value: 1 });
  const offer = (refs: object) =>
    send(agent, {
      from,
      to: { agent: toId("agent", agent.id), channel: "inbox" },
      type: "handoff.offered",
      payload: { what: "the rest", context: { done: ["half"] } },
      refs,
    });
  const missing = await offer({ checkpoints: [{ stepId: from.step, name: "whole" }] });
  expect(missing.body).toMatchObject({
    code: "invalid_input",
    issues: [{ path: "/refs/checkpoints/0" }],
  });
  const strange = await offer({ artifacts: [toId("artifact", randomUUID())] });
  expect(strange.body).toMatchObject({ issues: [{ path: "/refs/artifacts/0" }] });
  const refs = { artifacts: [], checkpoints: [{ stepId: from.step, name: "half" }] };
  expect((await offer(refs)).status).toBe(200);
  const { rows } = await api.owner.query(
    "select message_type, from_agent_id, to_agent_id, payload ->> 'sealed' as sealed, acknowledged_at from agent_communications where from_agent_id = $1",
    [agent.id],
  );
  expect(rows).toEqual([
    {
      message_type: "handoff.offered",
      from_agent_id: agent.id,
      to_agent_id: agent.id,
      sealed: "true",
      acknowledged_at: null,
    },
  ]);
  expect(tenant).toBeDefined();
});
