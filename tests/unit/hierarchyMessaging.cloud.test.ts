import { createHash, randomBytes, randomUUID } from "node:crypto";
import { createPlane, type Plane } from "@nofx/control/command";
import { handleAgentRequest } from "@nofx/control/http";
import type { ApprovalDetail, ApprovalView, RedactionView, RunMessage } from "@nofx/core/api";
import { toId, toUuid } from "@nofx/core/vocabulary";
import { seedAgent, seedRun } from "@nofx/db/testing";
import { createApi } from "../../apps/cli/src/client/api.ts";
import { runSteps } from "../smoke/run-surface.ts";
import { messages } from "../smoke/surfaces/messages.ts";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import type { Person, TestWeb } from "../../apps/web/test/test-web.ts";

// The marker of modules that only Next's server may load; here nothing else does.
vi.mock("../../apps/web/node_modules/server-only/index.js", () => ({}));

// Not by a literal: the type check of the tests need not take on Next.
const WEB: string = "../../apps/web/test/start-web.ts";

let web: TestWeb;
let plane: Plane;
beforeAll(async () => {
  const { startWeb } = (await import(WEB)) as { startWeb: () => Promise<TestWeb> };
  web = await startWeb();
  plane = createPlane(
    {
      DATABASE_URL: web.stack.database.url("nofx_agent_gateway"),
      SUPABASE_URL: web.stack.gatewayUrl,
      SUPABASE_ANON_KEY: web.stack.keys.publishableKey,
      SUPABASE_JWT_SECRET: web.stack.keys.jwtSecret,
      NOFX_KEK: process.env["NOFX_KEK"],
    },
    { applicationName: "agents" },
  );
});
afterAll(async () => {
  await plane.close();
  await web[Symbol.asyncDispose]();
});

type Answer<T> = T & { code?: string };

/** What a request was answered with, refusals too. */
async function ask<T>(as: Person, path: string, body?: unknown): Promise<Answer<T>> {
  const init = body === undefined ? { as } : { as, body, method: "POST" };
  const response = await web.rest(`/api${path}`, init);
  return (await response.json()) as Answer<T>;
}

const messagesOf = async (as: Person, runId: string, query = "") =>
  ask<{ items: RunMessage[]; next: number; more: boolean }>(as, `/runs/${runId}/messages${query}`);

/** A run whose lead has spawned a doer, both in the hands of one agent; with people. */
async function house() {
  const { id: tenantId } = await web.tenant();
  const [admin, supervisor, operator] = await Promise.all(
    (["admin", "supervisor", "operator"] as const).map((role) => web.person({ tenantId, role })),
  );
  const key = `nofx_ak_${randomBytes(24).toString("base64url")}`;
  const agent = await seedAgent(web.owner, tenantId, {
    capabilities: ["test.work"],
    keySha256: createHash("sha256").update(key).digest("hex"),
  });
  const post = async <T>(path: string, body: unknown): Promise<Answer<T>> => {
    const request = new Request(`http://plane.test/api/agent/v1${path}`, {
      method: "POST",
      headers: {
        authorization: `Bearer ${key}`,
        "content-type": "application/json",
        "idempotency-key": randomUUID(),
      },
      body: JSON.stringify(body),
    });
    return (await (await handleAgentRequest(plane, request)).json()) as Answer<T>;
  };
  const work = { capability: "test.work", input: {} };
  const run = await seedRun(web.owner, tenantId, [
    { name: "lead", kind: "agent", arguments: work },
  ]);
  const claim = async () => {
    const asked = { capabilities: ["test.work"], max: 5, waitSeconds: 0, worker: "test" };
    return (
      await post<{ steps: { id: string; epoch: number; name: string }[] }>("/steps/claim", asked)
    ).steps;
  };
  const [lead] = await claim();
  await post(`/steps/${lead!.id}/children`, {
    epoch: lead!.epoch,
    children: [{ name: "doer", kind: "agent", with: work }],
  });
  const doer = (await claim()).find(({ name }) => name.endsWith("doer"));
  const send = <T>(from: typeof lead, to: object, payload: unknown, more: object = {}) =>
    post<T>("/messages", {
      from: { step: from!.id, epoch: from!.epoch },
      to,
      payload,
      sentAs: randomUUID(),
      ...more,
    });
  const runId = toId("run", run.id);
  const people = { admin: admin!, supervisor: supervisor!, operator: operator! };
  return { ...people, tenantId, agent, post, send, runId, lead: lead!, doer: doer! };
}

test("messages of a run come with depth, path and role, in pages and as a live tail", async () => {
  const { operator, supervisor, send, runId, lead, doer } = await house();
  const to = { run: runId, channel: "work" };
  await send(lead, to, "split");
  await send(doer, to, "done");
  await send(doer, { step: lead.id }, "to the lead alone");
  const said = await ask<{ messageId: string }>(operator, `/runs/${runId}/messages`, {
    payload: { text: "Leave the schema alone." },
  });
  const { items } = await messagesOf(operator, runId);
  expect(
    items.map(({ depth, path, role, payload }) => ({ depth, path, role, payload })),
  ).toMatchObject([
    { depth: 0, path: "lead", payload: "split" },
    { depth: 1, payload: "done" },
    { depth: 1, payload: "to the lead alone" },
    { depth: null, path: null, role: "operator", payload: { text: "Leave the schema alone." } },
  ]);
  expect(items[1]?.path).toMatch(/^lead\/.*doer$/);
  expect(items.map(({ runSeq }) => runSeq)).toEqual([1, 2, 3, 4]);

  const first = await messagesOf(supervisor, runId, "?limit=3");
  expect([first.items.length, first.more]).toEqual([3, true]);
  const rest = await messagesOf(supervisor, runId, `?after=${first.next}`);
  expect([rest.items[0]?.messageId, rest.more]).toEqual([said.messageId, false]);
  const tail = messagesOf(operator, runId, `?after=${rest.next}&waitSeconds=20`);
  await send(lead, to, "later");
  expect((await tail).items.map(({ payload }) => payload)).toEqual(["later"]);
});

test("a message to another tenant's agent, or from a step that is not held, is refused by name", async () => {
  const [ours, theirs] = [await house(), await house()];
  const to = { agent: toId("agent", theirs.agent.id) };
  expect(await ours.send(ours.lead, to, "psst")).toMatchObject({ code: "recipient_unknown" });
  expect(await ours.send(theirs.lead, { channel: "all" }, 1)).toMatchObject({ code: "lease_lost" });
  expect(await messagesOf(ours.operator, theirs.runId)).toMatchObject({ code: "not_found" });
  expect((await messagesOf(theirs.operator, theirs.runId)).items).toEqual([]);
});

test("an escalation lands with all other questions, with its place, and is answered where it came from", async () => {
  const { supervisor, send, post, runId, lead, doer } = await house();
  const raised = await send<{ approvalId: string; replyChannel: string }>(
    doer,
    { run: runId, channel: "supervisors" },
    { question: "May I drop the old table?", details: { table: "orders_old" } },
    { type: "escalation.raised" },
  );
  const inbox = await ask<{ items: ApprovalView[] }>(supervisor, "/approvals?status=pending");
  const [asked] = inbox.items.filter(({ id }) => id === raised.approvalId);
  expect(asked).toMatchObject({
    question: "May I drop the old table?",
    hierarchy: { depth: 1, chain: [{ stepId: lead.id }, { stepId: doer.id }] },
  });
  expect(asked?.hierarchy?.path).toMatch(/^lead\/.*doer$/);
  expect(asked?.chain.map(({ type }) => type)).toContain("agent");
  const wait = { epoch: doer.epoch, name: "answer", timeoutSeconds: 600 };
  const options = [{ option: "answer", message: { channel: raised.replyChannel } }];
  const decided = await ask<ApprovalDetail>(supervisor, `/approvals/${raised.approvalId}`, {
    decision: "reject",
    reason: "Keep it for a month.",
  });
  expect(decided.code).toBeUndefined();
  expect(await post(`/steps/${doer.id}/waits`, { ...wait, options })).toMatchObject({
    status: "met",
    met: { payload: { payload: { status: "rejected", reason: "Keep it for a month." } } },
  });
});

test("what was said is redacted by one person, or by two while it is held", async () => {
  const { admin, supervisor, operator, send, runId, lead } = await house();
  const to = { run: runId, channel: "work" };
  const mail = { text: "Write to ann@example.org, or bob@example.org.", n: 1 };
  const first = await send<{ messageId: string }>(lead, to, mail);
  const second = await send<{ messageId: string }>(lead, to, { card: "of ann", beside: "kept" });
  const redact = (as: Person, body: object) =>
    ask<RedactionView>(as, "/redactions", { reason: "Not to be said", ...body });
  const byPattern = { messageId: first.messageId, pattern: "emails" };
  expect((await redact(operator, byPattern)).code).toBe("forbidden");
  expect(await redact(supervisor, byPattern)).toMatchObject({ status: "applied", messages: 1 });

  await ask(admin, "/holds", { runId, reason: "A court asks" });
  const held = await redact(supervisor, { messageId: second.messageId, fields: ["/card"] });
  expect(held).toMatchObject({ status: "pending", held: true });
  const [, before] = (await messagesOf(operator, runId)).items;
  expect(before).toMatchObject({ held: true, redacted: null, payload: { card: "of ann" } });
  const decide = (as: Person) => ask(as, `/approvals/${held.approvalId}`, { decision: "approve" });
  expect((await decide(supervisor)).code).toBe("approval_self");
  expect((await decide(admin)).code).toBeUndefined();
  expect(await ask<RedactionView>(operator, `/redactions/${held.id}`)).toMatchObject({
    status: "applied",
    decidedBy: admin.email,
  });
  const { items } = await messagesOf(operator, runId);
  expect(items.map(({ payload }) => payload)).toEqual([
    { text: "Write to [redacted], or [redacted].", n: 1 },
    { card: "[redacted]", beside: "kept" },
  ]);
  expect(items[1]?.redacted).toMatchObject({ by: admin.email, why: "Not to be said" });
  const { rows } = await web.owner.query(
    "select payload is null as plain, position('kept'::bytea in sealed) as seen from agent_messages where id = $1",
    [toUuid("message", second.messageId)],
  );
  expect(rows).toEqual([{ plain: true, seen: 0 }]);
});

test("the smoke surface of messages passes", async () => {
  const { operator, supervisor } = await house();
  const api = (person: Person) =>
    createApi({
      baseUrl: "http://nofx.test",
      accessToken: person.token,
      fetch: async (input, init) => {
        const { pathname, search } = new URL(new Request(input).url);
        const headers = Object.fromEntries(new Headers(init?.headers));
        return web.rest(`${pathname}${search}`, {
          method: init?.method ?? "GET",
          headers,
          key: null,
          ...(typeof init?.body === "string" && { body: init.body }),
        });
      },
    });
  const target = {
    url: "http://nofx.test",
    operator: api(operator),
    supervisor: api(supervisor),
    auditKey: undefined,
    until: () => Promise.reject(new Error("nothing to wait for")),
  };
  const tally = { passed: 0, failed: 0, skipped: 0 };
  const said: string[] = [];
  await runSteps(messages(target), tally, (line) => said.push(line));
  expect(said.filter((line) => !line.startsWith("✔"))).toEqual([]);
  expect(tally).toEqual({ passed: said.length, failed: 0, skipped: 0 });
});
