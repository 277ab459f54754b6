import { randomUUID } from "node:crypto";
import { toId } from "@nofx/core/vocabulary";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { BASE, startAgentApi, type AgentApi, type TestAgent } from "./harness.ts";

let api: AgentApi;
let agent: TestAgent;
beforeAll(async () => {
  api = await startAgentApi();
  agent = await api.agent(await api.tenant());
});
afterAll(() => api[Symbol.asyncDispose]());

const CLAIM = { capabilities: ["test.work"], max: 1, waitSeconds: 0, worker: "test" };
const ENDS = { "content-type": "application/json", "idempotency-key": "k" };

test("an agent learns who it is", async () => {
  expect(await agent.get("/agent")).toMatchObject({
    status: 200,
    body: { agentId: toId("agent", agent.id), capabilities: ["test.work"] },
  });
});

describe("who may call", () => {
  test.each([
    ["no key", undefined],
    ["another scheme", "Basic abc"],
    ["not an agent key", "Bearer something"],
    ["an unknown key", `Bearer nofx_ak_${"x".repeat(40)}`],
  ])("%s is turned away", async (_name, authorization) => {
    const headers = { ...ENDS, ...(authorization === undefined ? {} : { authorization }) };
    const answer = await api.send(
      new Request(`${BASE}/steps/claim`, { method: "POST", headers, body: JSON.stringify(CLAIM) }),
    );
    expect(answer).toMatchObject({ status: 401, body: { code: "unauthenticated" } });
    expect(answer.headers.get("content-type")).toBe("application/problem+json");
  });

  test("a revoked key and a retired agent are turned away at once", async () => {
    const tenant = await api.tenant();
    const [revoked, retired] = [await api.agent(tenant), await api.agent(tenant)];
    expect((await revoked.get("/agent")).status).toBe(200);
    await api.owner.query(
      "update agent_keys set revoked_at = clock_timestamp() where agent_id = $1",
      [revoked.id],
    );
    await api.owner.query("update agent_registry set status = 'retired' where id = $1", [
      retired.id,
    ]);
    expect((await revoked.get("/agent")).status).toBe(401);
    expect((await retired.get("/agent")).status).toBe(401);
  });
});

describe("what a request must look like", () => {
  test("an unknown path is 404, a known one with another method 405", async () => {
    expect(await agent.get("/nothing")).toMatchObject({ status: 404, body: { code: "not_found" } });
    expect(await agent.get("/steps/claim")).toMatchObject({
      status: 405,
      body: { code: "method_not_allowed" },
    });
    expect(await agent.post("/steps/step_zzz/release", { epoch: 1 })).toMatchObject({
      status: 404,
    });
  });

  test("every POST needs an Idempotency-Key, and says so", async () => {
    const stepId = toId("step", randomUUID());
    const artifactId = toId("artifact", randomUUID());
    const verbs = [
      "heartbeat",
      "checkpoints",
      "approvals",
      "artifacts",
      `artifacts/${artifactId}/complete`,
      "logs",
      "complete",
      "fail",
      "release",
    ];
    for (const path of ["/steps/claim", ...verbs.map((verb) => `/steps/${stepId}/${verb}`)]) {
      const answer = await agent.post(path, {}, { idempotencyKey: null });
      expect(answer).toMatchObject({ status: 400, body: { code: "idempotency_key_required" } });
      expect(answer.body["detail"]).toContain("Idempotency-Key");
    }
    expect(await agent.post("/steps/claim", CLAIM, { idempotencyKey: "ä b" })).toMatchObject({
      status: 400,
      body: { code: "idempotency_key_invalid" },
    });
  });

  test.each([
    ["not JSON", "{", 400, "invalid_json"],
    ["empty", "", 400, "invalid_json"],
    ["not an object", "[]", 400, "invalid_input"],
    ["a NUL", JSON.stringify({ ...CLAIM, worker: "a\u0000b" }), 400, "invalid_input"],
    [
      "a lone surrogate",
      '{"capabilities":["test.work"],"max":1,"waitSeconds":0,"worker":"\\ud800"}',
      400,
      "invalid_input",
    ],
    ["an unknown member", JSON.stringify({ ...CLAIM, tenantId: "x" }), 400, "invalid_input"],
    ["out of range", JSON.stringify({ ...CLAIM, max: 1_000 }), 400, "invalid_input"],
    ["5 MB", JSON.stringify({ ...CLAIM, worker: "x".repeat(5_000_000) }), 413, "payload_too_large"],
  ])("a body that is %s is refused", async (_name, body, status, code) => {
    expect(await agent.post("/steps/claim", body)).toMatchObject({
      status,
      body: { code, status },
    });
  });

  test("bytes that are not UTF-8, another type, and a body without a length are refused too", async () => {
    const send = (init: RequestInit, type = "application/json") =>
      api.send(
        new Request(`${BASE}/steps/claim`, {
          method: "POST",
          ...init,
          headers: { ...ENDS, authorization: `Bearer ${agent.key}`, "content-type": type },
        }),
      );
    expect((await send({ body: new Uint8Array([0x22, 0xff, 0x22]) })).body.code).toBe(
      "invalid_json",
    );
    expect((await send({ body: "a=b" }, "text/plain")).status).toBe(415);
    const endless = new ReadableStream<Uint8Array>({
      pull: (controller) => controller.enqueue(new Uint8Array(65_536).fill(32)),
    });
    const init = { body: endless, duplex: "half" } as RequestInit;
    expect((await send(init)).status).toBe(413);
  });

  test("what goes wrong inside says nothing of the inside, and is told to the host", async () => {
    const told: unknown[] = [];
    const broken = Object.create(api.plane, {
      db: {
        value: {
          getExecutor: () => {
            throw new Error("secret");
          },
        },
      },
    });
    const { handleAgentRequest } = await import("@nofx/control/http");
    const request = new Request(`${BASE}/agent`, {
      headers: { authorization: `Bearer ${agent.key}` },
    });
    const response = await handleAgentRequest(broken, request, {
      onError: (error) => told.push(error),
    });
    expect(response.status).toBe(500);
    expect(await response.text()).not.toContain("secret");
    expect(told).toHaveLength(1);
  });
});
