import { createHash, randomUUID } from "node:crypto";
import { toId } from "@nofx/core/vocabulary";
import { afterAll, beforeAll, expect, test } from "vitest";
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
  const [step] = (await agent.claim()).body.steps!;
  const path = (verb: string) => `/steps/${step!.id}/${verb}`;
  return { agent, run, step: step!, path, id: run.steps["one"]! };
}

const row = async (id: string) =>
  (await api.owner.query("select * from steps where id = $1", [id])).rows[0] as Record<
    string,
    unknown
  >;

test("a heartbeat renews the lease, stores progress and hears of a cancel", async () => {
  const { agent, path, id } = await claimOne();
  const beat = () =>
    agent.post(path("heartbeat"), { epoch: 1, progress: { percent: 40, note: "half" } });
  expect(await beat()).toMatchObject({
    status: 200,
    body: { cancelRequested: false, leaseSeconds: 30 },
  });
  expect(await row(id)).toMatchObject({
    status: "running",
    progress: { percent: 40, note: "half" },
  });
  await api.owner.query("update steps set cancel_requested_at = clock_timestamp() where id = $1", [
    id,
  ]);
  expect((await beat()).body).toMatchObject({ cancelRequested: true });
});

test("many heartbeats in one call: each is answered for by itself", async () => {
  const [first, second] = [await claimOne(), await claimOne()];
  const { agent } = first;
  const beat = (epoch: number) =>
    agent.post("/steps/heartbeat", {
      steps: [
        { stepId: first.step.id, epoch, progress: { percent: 10 } },
        // of another agent, and of nobody
        { stepId: second.step.id, epoch: 1 },
        { stepId: toId("step", randomUUID()), epoch: 1 },
      ],
    });
  const answer = await beat(1);
  expect(answer).toMatchObject({ status: 200, body: { leaseSeconds: 30 } });
  const steps = answer.body["steps"] as unknown as { held: boolean; leaseUntil: string | null }[];
  expect(steps.map(({ held, leaseUntil }) => [held, leaseUntil !== null])).toEqual([
    [true, true],
    [false, false],
    [false, false],
  ]);
  expect(await row(first.id)).toMatchObject({ status: "running", progress: { percent: 10 } });
  expect(await row(second.id)).toMatchObject({ status: "assigned" });
  expect((await beat(2)).body["steps"]).toMatchObject([{ held: false }, {}, {}]);
  const twice = { steps: [1, 2].map((epoch) => ({ stepId: first.step.id, epoch })) };
  expect(await agent.post("/steps/heartbeat", twice)).toMatchObject({
    status: 400,
    body: { code: "invalid_input" },
  });
});

test("the first value stored under a name stays", async () => {
  const { agent, path } = await claimOne();
  const store = (value: unknown) =>
    agent.post(path("checkpoints"), { epoch: 1, name: "draft", value });
  expect((await store({ a: 1 })).body).toEqual({ name: "draft", value: { a: 1 }, created: true });
  expect((await store({ a: 2 })).body).toEqual({ name: "draft", value: { a: 1 }, created: false });
});

test("asking people holds the step and ends the lease; asked again under the same key the answer is the same", async () => {
  const { agent, path, id } = await claimOne();
  const ask = { epoch: 1, name: "go", question: "Go on?", details: { amount: 5 } };
  const key = { idempotencyKey: randomUUID() };
  expect(await agent.post(path("approvals"), ask, key)).toMatchObject({
    status: 200,
    body: { status: "pending" },
  });
  expect(await agent.post(path("approvals"), ask, key)).toMatchObject({
    status: 200,
    body: { status: "pending" },
  });
  expect((await agent.post(path("heartbeat"), { epoch: 1 })).body.code).toBe("lease_lost");
  expect(await row(id)).toMatchObject({ status: "queued", holds: 2 });
  const { rows } = await api.owner.query("select * from approvals where step_id = $1", [id]);
  expect(rows).toMatchObject([
    { question: "Go on?", arguments: { amount: 5 }, requested_by: agent.id, status: "pending" },
  ]);

  await api.owner.query(
    "update approvals set status = 'approved', decided_at = clock_timestamp() where step_id = $1",
    [id],
  );
  await api.owner.query("update steps set holds = 0 where id = $1", [id]);
  const [again] = (await agent.claim()).body.steps!;
  expect(again).toMatchObject({
    epoch: 2,
    attempt: 1,
    approvals: [{ name: "go", status: "approved" }],
  });
  expect((await agent.post(path("approvals"), { ...ask, epoch: 2 })).body).toEqual({
    name: "go",
    status: "approved",
  });
});

test("a yes holds for what was shown: asking for something else under the same name asks again", async () => {
  const { agent, path, id } = await claimOne();
  const ask = { epoch: 1, name: "go", question: "Pay?", details: { amount: 5 } };
  await agent.post(path("approvals"), ask);
  const claimAgain = async () => {
    await api.owner.query("update steps set holds = 0 where id = $1", [id]);
    return (await agent.claim()).body.steps?.[0]?.epoch;
  };
  await api.owner.query(
    "update approvals set status = 'approved', decided_at = clock_timestamp() where step_id = $1",
    [id],
  );
  const more = { ...ask, epoch: await claimAgain(), details: { amount: 5_000 } };
  expect((await agent.post(path("approvals"), more)).body.status).toBe("pending");
  const other = { ...ask, epoch: await claimAgain(), question: "Pay twice?" };
  expect((await agent.post(path("approvals"), other)).body.status).toBe("pending");
  const { rows } = await api.owner.query(
    "select status from approvals where step_id = $1 order by requested_at",
    [id],
  );
  expect(rows.map((one) => one.status)).toEqual(["approved", "superseded", "pending"]);
});

test("names of checkpoints may be as long as the contract says", async () => {
  const { agent, path } = await claimOne();
  const checkpoint = { epoch: 1, name: "n".repeat(200), value: 1 };
  expect((await agent.post(path("checkpoints"), checkpoint)).status).toBe(200);
});

async function announce(agent: TestAgent, path: (verb: string) => string, content: string) {
  const bytes = new TextEncoder().encode(content);
  const sha256 = createHash("sha256").update(bytes).digest("hex");
  const file = {
    epoch: 1,
    name: "reports/a.txt",
    contentType: "text/plain",
    size: bytes.length,
    sha256,
  };
  const { status, body } = await agent.post(path("artifacts"), file);
  expect(status).toBe(200);
  const upload = body as unknown as {
    artifactId: string;
    uploadUrl: string;
    method: string;
    headers: Record<string, string>;
  };
  const send = (sent: string) =>
    fetch(upload.uploadUrl, { method: upload.method, headers: upload.headers, body: sent });
  const complete = () => agent.post(path(`artifacts/${upload.artifactId}/complete`), { epoch: 1 });
  return { upload, send, complete, sha256 };
}

test("an artifact is seen when its bytes are there, by the steps that need it", async () => {
  const { agent, path, step } = await claimOne([
    agentStep("one"),
    agentStep("two", { needs: ["one"] }),
  ]);
  const { send, complete, sha256 } = await announce(agent, path, "what was found");
  expect(await complete()).toMatchObject({ status: 409, body: { code: "upload_missing" } });
  expect((await send("what was found")).status).toBe(200);
  expect(await complete()).toMatchObject({
    status: 200,
    body: { name: "reports/a.txt", size: 14, sha256 },
  });
  expect((await complete()).status).toBe(200);
  await agent.post(path("complete"), { epoch: 1, output: { found: true } });

  const [two] = (await agent.claim()).body.steps!;
  expect(two!.needs).toMatchObject([{ name: "one", status: "succeeded", output: { found: true } }]);
  const [artifact] = two!.needs[0]!.artifacts;
  expect(artifact).toMatchObject({ name: "reports/a.txt", sha256, contentType: "text/plain" });
  expect(await (await fetch(artifact!.url)).text()).toBe("what was found");
  expect(step.id).not.toBe(two!.id);
});

test("other bytes than were announced are not accepted", async () => {
  const { agent, path } = await claimOne();
  const { send, complete } = await announce(agent, path, "what was found");
  await send("something else");
  expect(await complete()).toMatchObject({ status: 409, body: { code: "upload_missing" } });
});

test("an artifact of another step does not exist", async () => {
  const { agent, path } = await claimOne();
  const other = await claimOne();
  const { upload } = await announce(other.agent, other.path, "x");
  expect(
    await agent.post(path(`artifacts/${upload.artifactId}/complete`), { epoch: 1 }),
  ).toMatchObject({ status: 404 });
});

test("log lines are stored once, with their level in words", async () => {
  const { agent, path, id } = await claimOne();
  const at = "2026-01-01T00:00:00Z";
  const lines = [
    { seq: 0, at, level: "info", text: "begins" },
    { seq: 1, at, level: "warn", text: "slow" },
  ];
  expect((await agent.post(path("logs"), { epoch: 1, lines })).body).toEqual({ stored: 2 });
  expect((await agent.post(path("logs"), { epoch: 1, lines })).body).toEqual({ stored: 0 });
  const { rows } = await api.owner.query(
    "select stream, text from step_logs where step_id = $1 order by seq",
    [id],
  );
  expect(rows).toEqual([
    { stream: "log", text: "begins" },
    { stream: "log", text: "[warn] slow" },
  ]);
});

test("a failure is tried again as its code says, not sooner than asked", async () => {
  const { agent, path, id } = await claimOne();
  const fail = {
    epoch: 1,
    error: { code: "agent_error", message: "busy", data: { n: 1 } },
    retryAfterSeconds: 600,
  };
  expect((await agent.post(path("fail"), fail)).body).toEqual({ status: "queued" });
  const { rows } = await api.owner.query(
    "select failures, error, run_at > clock_timestamp() + interval '599 s' as later from steps where id = $1",
    [id],
  );
  expect(rows).toEqual([
    { failures: 1, error: { code: "agent_error", message: "busy", data: { n: 1 } }, later: true },
  ]);
});

test("a permanent failure is not tried again", async () => {
  const { agent, path } = await claimOne();
  const fail = {
    epoch: 1,
    error: { code: "agent_permanent_error", message: "never" },
    retryAfterSeconds: 1,
  };
  expect((await agent.post(path("fail"), fail)).body).toEqual({ status: "failed" });
});

test("completing again under the same key answers the same; under a stale epoch it is refused", async () => {
  const { agent, path, id } = await claimOne();
  await agent.post(path("release"), { epoch: 1 });
  const [step] = (await agent.claim()).body.steps!;
  expect(step).toMatchObject({ epoch: 2, attempt: 1 });
  expect(await agent.post(path("complete"), { epoch: 1, output: "late" })).toMatchObject({
    status: 409,
    body: { code: "lease_lost" },
  });
  const key = { idempotencyKey: randomUUID() };
  for (let i = 0; i < 2; i++) {
    expect(await agent.post(path("complete"), { epoch: 2, output: "done" }, key)).toMatchObject({
      status: 200,
      body: { status: "succeeded" },
    });
  }
  expect(await row(id)).toMatchObject({ output: "done", failures: 0 });
});
