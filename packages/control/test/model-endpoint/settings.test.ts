import { randomUUID } from "node:crypto";
import {
  forgetAnswers,
  forgetTranscript,
  getEndpointSettings,
  getTranscript,
  listModelCalls,
  setEndpointSettings,
} from "@nofx/control/model-endpoint";
import { again } from "@nofx/control/testing";
import { afterAll, beforeAll, expect, it } from "vitest";
import { chat, endpointFixture, post, type EndpointFixture } from "./fixtures.ts";

let t: EndpointFixture;
beforeAll(async () => {
  t = await endpointFixture();
});
afterAll(() => t[Symbol.asyncDispose]());

it("admins say what the endpoint keeps; what they leave out stays; others only read", async () => {
  const tenant = await t.test.tenant();
  const admin = await tenant.as("admin");
  expect(await getEndpointSettings(admin)).toMatchObject({ cache: "asked", transcripts: false });
  await setEndpointSettings(admin, { cache: "exact", redact: ["emails"] });
  const after = await setEndpointSettings(again(admin), { transcripts: true });
  expect(after).toMatchObject({ cache: "exact", redact: ["emails"], transcripts: true });
  const operator = await tenant.as("operator");
  expect(await getEndpointSettings(operator)).toEqual(after);
  await expect(setEndpointSettings(operator, { cache: "never" })).rejects.toMatchObject({
    code: "forbidden",
  });
  await expect(setEndpointSettings(again(admin), { cache: "semantic" })).rejects.toMatchObject({
    code: "invalid_input",
    issues: [{ path: "/embeddingsModel" }],
  });
  await expect(setEndpointSettings(again(admin), { similarity: 2 })).rejects.toMatchObject({
    code: "invalid_input",
  });
  const { rows } = await t.test.owner.query(
    "select body from audit_log where tenant_id = $1 and verb = 'setting.changed'",
    [tenant.id],
  );
  expect(rows).toHaveLength(2);
});

it("calls are listed by page; what was said is for admins, and can be forgotten; so can kept answers", async () => {
  await t.provider("p");
  await t.settings({ transcripts: true, cache: "exact" });
  for (const content of ["one", "two", "three"]) {
    const body = chat("p/m", { messages: [{ role: "user", content }] });
    await t.endpoint().handle(post("/chat/completions", body, { agentKey: t.agentKey }));
  }
  const admin = await member("admin");
  const first = await listModelCalls(admin, { limit: 2 });
  const rest = await listModelCalls(admin, { limit: 2, cursor: first.nextCursor ?? "" });
  expect([first.items.length, rest.items.length, rest.nextCursor]).toEqual([2, 1, null]);
  const [newest] = first.items;
  expect(newest).toMatchObject({
    provider: "p",
    status: "succeeded",
    costUsd: "0.000022",
    tokens: { input: 10, output: 6 },
    transcript: true,
  });
  const callId = newest?.callId ?? "";
  const of = { callId };
  expect(await getTranscript(admin, of)).toMatchObject({
    request: { messages: [{ content: "three" }] },
    answer: [{ type: "text", text: "Hello from a fake provider." }],
  });
  await expect(getTranscript(await member("operator"), of)).rejects.toMatchObject({
    code: "forbidden",
  });
  expect(await forgetTranscript(again(admin), of)).toEqual({ forgotten: 1 });
  await expect(getTranscript(admin, of)).rejects.toMatchObject({ code: "not_found" });

  const stranger = await (await t.test.tenant()).as("admin");
  expect((await listModelCalls(stranger, {})).items).toEqual([]);
  expect(await forgetAnswers(stranger)).toEqual({ forgotten: 0 });
  expect(await forgetAnswers(again(admin))).toEqual({ forgotten: 3 });
});

/** Of the fixture's own tenant. */
async function member(role: "admin" | "operator") {
  const ctx = await (await t.test.tenant()).as(role);
  await t.test.owner.query(
    "insert into members (tenant_id, user_id, email, name, role) values ($1, $2, $3, $3, $4)",
    [t.tenantId, ctx.actor.id, ctx.email, role],
  );
  return { ...ctx, tenantId: t.tenantId, idempotencyKey: randomUUID() };
}
