import { createHash, randomBytes, randomUUID } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { checkAudit, exportAudit, readAuditExport } from "@nofx/control/audit";
import { listEvents } from "@nofx/control/events";
import { messagesOfRun } from "@nofx/control/messages";
import { getRedaction, redact } from "@nofx/control/redaction";
import { listRunArtifacts } from "@nofx/control/runs";
import { again, createTestPlane, type TestPlane } from "@nofx/control/testing";
import { keksOf } from "@nofx/control/vault/keks-of";
import { toId, toUuid } from "@nofx/core/vocabulary";
import { seedAgent, seedRun, until } from "@nofx/db/testing";
import { afterAll, beforeAll, expect, it } from "vitest";
import { formsIn, rowsOf } from "./fixtures/forms-in.ts";
import { startWorkerStack, type WorkerProcess, type WorkerStack } from "./harness.ts";

// A real worker, and an agent that says a secret in a message and then leaves copies of it wherever an agent can. The message is
// redacted: within the plane's time the secret is in nothing that anybody reads, what stood beside it is, and the audit chain holds.

const KEK = `1:${randomBytes(32).toString("base64url")}`;
const CANARY = `canary-${randomBytes(12).toString("hex")}`;
const KEPT = `kept-${randomBytes(12).toString("hex")}`;

let stack: WorkerStack;
let worker: WorkerProcess;
let test: TestPlane;
let spansFile: string;
beforeAll(async () => {
  stack = await startWorkerStack();
  spansFile = join(stack.folder, "spans");
  const preload = createRequire(import.meta.url).resolve("@nofx/control/testing/spans-to-file");
  worker = await stack.start({
    NOFX_KEK: KEK,
    NOFX_REDACTION_SECONDS: "2",
    NODE_OPTIONS: `--import=${pathToFileURL(preload).href}`,
    SPANS_FILE: spansFile,
  });
  const { gatewayUrl: url, keys, database } = stack.stack;
  const { publishableKey: anonKey, jwtSecret } = keys;
  test = await createTestPlane({ url, anonKey, jwtSecret, database });
});
afterAll(async () => {
  await test[Symbol.asyncDispose]();
  await stack[Symbol.asyncDispose]();
});

it("a redacted secret is in no table, file, trace, log, export or feed, and the audit chain holds", async () => {
  const tenant = await test.tenant();
  const supervisor = await tenant.as("supervisor");
  const by = { ...supervisor, plane: { ...test.plane, keks: keksOf({ NOFX_KEK: KEK }) } };
  const apiKey = `nofx_ak_${randomBytes(32).toString("base64url")}`;
  await seedAgent(stack.owner, tenant.id, {
    capabilities: ["test.work"],
    keySha256: createHash("sha256").update(apiKey).digest("hex"),
  });
  const post = agentApi(apiKey);
  const agent = { kind: "agent" as const, maxFailures: 1 };
  const run = await seedRun(stack.owner, tenant.id, [
    { name: "say", ...agent, arguments: { capability: "test.work" } },
    { name: "hear", ...agent, arguments: { capability: "test.work" } },
    { name: "told", kind: "wait", arguments: { message: { channel: "told" } } },
  ]);
  const runId = toId("run", run.id);
  await stack.owner.query("select pg_notify('nofx_doorbell', 'default')");
  await until("both steps are held", async () => {
    const capabilities = ["test.work"];
    await post("/steps/claim", { capabilities, max: 2, waitSeconds: 1, worker: "test" });
    return (
      (await stack.step(run, "say")).epoch === 1 && (await stack.step(run, "hear")).epoch === 1
    );
  });
  const id = (name: string) => toId("step", run.steps[name] ?? "");
  const [say, hear] = [id("say"), id("hear")];

  const secret = { secret: CANARY, beside: 1 };
  const both = `${CANARY} and ${KEPT}`;
  const from = { step: say, epoch: 1 };
  const sent = await post("/messages", {
    from,
    to: { run: runId, channel: "work" },
    payload: secret,
    sentAs: "first",
  });
  await post(`/steps/${say}/messages`, { epoch: 1, to: hear, sentAs: "mail", payload: [both] });
  await post(`/steps/${say}/messages`, {
    epoch: 1,
    to: id("told"),
    channel: "told",
    sentAs: "told",
    payload: both,
  });
  const inbox = { agent: String((await whoAmI(apiKey))["agentId"]), channel: "inbox" };
  await post("/messages", { from, to: inbox, payload: { text: both }, key: both, sentAs: both });
  const got = await post(`/steps/${hear}/waits`, {
    epoch: 1,
    name: "mail",
    options: [{ option: "mail", message: {} }],
  });
  expect(JSON.stringify(got)).toContain(CANARY);
  const at = new Date().toISOString();
  const lines = [{ seq: 0, at, level: "info", text: both }];
  await post(`/steps/${say}/logs`, { epoch: 1, lines });
  await post(`/steps/${say}/checkpoints`, {
    epoch: 1,
    name: "told",
    value: { both },
    undo: { kind: "agent", with: { capability: "test.work", input: { both } } },
  });
  await upload(post, say, "heard.txt", both);
  await upload(post, say, "kept.txt", KEPT);
  await post(`/steps/${say}/complete`, { epoch: 1, output: { both: [both] } });
  await until(
    "the wait is over",
    async () => (await stack.step(run, "told")).status === "succeeded",
  );
  const error = { code: "agent_error", message: both.slice(0, 900), data: { both } };
  await post(`/steps/${hear}/fail`, { epoch: 1, error });
  expect(await rowsOf(stack.owner)).toContain(CANARY);
  expect(filesIn(stack.stack.storageFolder)).toContain(CANARY);

  const begun = await redact(by, {
    messageId: String(sent["messageId"]),
    reason: "A secret was said",
  });
  expect(begun).toMatchObject({ status: "applied", messages: 1, held: false });
  // readers read nothing of it from now on, before any copy is looked for
  const [first] = (await messagesOfRun(again(by), { runId })).items;
  expect(first).toMatchObject({
    payload: null,
    redacted: { by: "supervisor", why: "A secret was said" },
  });
  // what is written meanwhile is found by the second look
  await stack.owner.query("update steps set title = $2 where id = $1", [run.steps["say"], both]);
  const done = await until("its copies are gone", async () => {
    const now = await getRedaction(again(by), { redactionId: begun.id });
    return now.status === "purged" ? now : undefined;
  });
  expect(Date.parse(done.purgedAt ?? "") - Date.parse(done.appliedAt ?? "")).toBeLessThan(
    15 * 60_000,
  );
  expect(done.files).toBe(1);
  expect(done.messages).toBe(4);
  const artifacts = await listRunArtifacts(again(by), { runId });
  expect(artifacts.items.map(({ name }) => name)).toEqual(["kept.txt"]);
  const metrics = await (await fetch(`${worker.url}/metrics`)).text();
  const told = await messagesOfRun(again(by), { runId });
  const { items: feed } = await listEvents(again(by), { after: 0, limit: 200 });
  const range = await exportAudit({ ...again(by), role: "admin" }, {});
  const page = await readAuditExport({ ...again(by), role: "admin" }, { ...range, limit: 1_000 });
  const exported = page.lines;
  worker.signal("SIGTERM");
  await worker.exited;

  const places = {
    database: [await rowsOf(stack.owner), KEPT],
    realtime: [`realtime ${await rowsOf(stack.owner, "messages%")}`, "realtime"],
    messages: [JSON.stringify(told), KEPT],
    events: [JSON.stringify(feed), "message.redacted"],
    "audit export": [exported.join("\n"), "message.redacted"],
    log: [worker.said(), "gateway"],
    metrics: [metrics, "nofx_worker_info"],
    traces: [`traces ${read(spansFile)}`, "traces"],
    files: [filesIn(stack.stack.storageFolder), KEPT],
  };
  for (const [place, [text = "", holds = ""]] of Object.entries(places)) {
    expect([place, text.includes(holds)]).toEqual([place, true]);
    expect([place, formsIn(text, CANARY)]).toEqual([place, []]);
  }
  expect(await checkAudit(again(by), {})).toMatchObject({ ok: true });
  const { rows: keys } = await stack.owner.query(
    "select count(*)::int as n from content_keys where id = any ($1) and wrapped is not null",
    [[begun.id, String(sent["messageId"])].map((one) => uuidIn(one))],
  );
  expect(keys).toEqual([{ n: 0 }]);
});

const read = (file: string): string => {
  try {
    return readFileSync(file, "utf8");
  } catch {
    return "";
  }
};

function uuidIn(id: string): string {
  const kind = id.startsWith("msg_") ? "message" : "redaction";
  return toUuid(kind, id);
}

type Post = ReturnType<typeof agentApi>;

async function whoAmI(apiKey: string): Promise<Record<string, unknown>> {
  const response = await fetch(`${worker.url}/api/agent/v1/agent`, {
    headers: { authorization: `Bearer ${apiKey}` },
  });
  return (await response.json()) as Record<string, unknown>;
}

function agentApi(apiKey: string) {
  return async (path: string, body: unknown): Promise<Record<string, unknown>> => {
    const response = await fetch(`${worker.url}/api/agent/v1${path}`, {
      method: "POST",
      headers: {
        authorization: `Bearer ${apiKey}`,
        "content-type": "application/json",
        "idempotency-key": randomUUID(),
      },
      body: JSON.stringify(body),
    });
    const text = await response.text();
    expect([path, response.status, text]).toEqual([path, 200, text]);
    return JSON.parse(text) as Record<string, unknown>;
  };
}

async function upload(post: Post, step: string, name: string, text: string): Promise<void> {
  const sha256 = createHash("sha256").update(text).digest("hex");
  const size = Buffer.byteLength(text);
  const file = { epoch: 1, name, contentType: "text/plain", size, sha256 };
  const begun = await post(`/steps/${step}/artifacts`, file);
  const { uploadUrl, headers } = begun as { uploadUrl: string; headers: Record<string, string> };
  const put = await fetch(uploadUrl, { method: "PUT", headers, body: text });
  expect(put.ok).toBe(true);
  await post(`/steps/${step}/artifacts/${String(begun["artifactId"])}/complete`, { epoch: 1 });
}

/** All that lies in a folder: names and bytes. */
function filesIn(folder: string): string {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map(({ parentPath, name }) => `${name}\n${readFileSync(join(parentPath, name), "utf8")}`)
    .join("\n");
}
