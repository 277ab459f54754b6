import { createHash, randomBytes, randomUUID } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { messagesOfRun } from "@nofx/control/messages";
import { createTestPlane, type TestPlane } from "@nofx/control/testing";
import { startFakeProvider, type FakeProvider } from "@nofx/control/testing/fake-providers";
import { putKey } from "@nofx/control/vault";
import { keksOf } from "@nofx/control/vault/keks-of";
import { toId } from "@nofx/core/vocabulary";
import { seedAgent, seedRun, until } from "@nofx/db/testing";
import { afterAll, beforeAll, expect, it } from "vitest";
import { failuresWith } from "./fixtures/failures-with.ts";
import { formsIn, rowsOf } from "./fixtures/forms-in.ts";
import { sh, startWorkerStack, type WorkerProcess, type WorkerStack } from "./harness.ts";

// A gateway as it runs in production, keys from the vault and from the environment, a provider of each kind that fails in each way
// and repeats its key: afterwards no form of a key is anywhere that anybody reads. What was answered is, or nothing was looked at.

/** Of each of six providers, one a call: one that fails is left alone. Each fails in every way, or some of them do. */
const MODELS = Array.from({ length: process.env["PROVE"] === "1" ? 20 : 5 }, (_, i) => `m${i}`);
const VAULT_KINDS = ["openai_compatible", "openai", "anthropic", "google", "mistral"] as const;
const KEK = `1:${randomBytes(32).toString("base64url")}`;
/** With what a URL and base64 write otherwise. */
const newKey = () => `sk-${randomBytes(18).toString("hex")}+/${randomBytes(3).toString("hex")}=`;
const ANSWERED = `answer-${randomBytes(9).toString("hex")}`;

interface Provider extends FakeProvider {
  readonly name: string;
  readonly key: string;
}

let stack: WorkerStack;
let worker: WorkerProcess;
let test: TestPlane;
let providers: Provider[];
let spansFile: string;
beforeAll(async () => {
  providers = await Promise.all(
    [...VAULT_KINDS, "openai_compatible" as const].map(async (kind, i) => {
      const name = i < VAULT_KINDS.length ? kind.replaceAll("_", "-") : "own";
      const fake = await startFakeProvider({ kind });
      return Object.assign(fake, { name, key: newKey() });
    }),
  );
  const own = providers.find(({ name }) => name === "own");
  stack = await startWorkerStack();
  spansFile = join(stack.folder, "spans");
  const preload = createRequire(import.meta.url).resolve("@nofx/control/testing/spans-to-file");
  worker = await stack.start({
    NOFX_KEK: KEK,
    NOFX_HTTP_ALLOW: providers.map(({ host }) => host).join(","),
    NOFX_LLM_PROVIDERS: JSON.stringify([
      { name: "own", baseUrl: own?.baseUrl, apiKeyEnv: "NOFX_LLM_KEY_OWN", models: MODELS },
    ]),
    NOFX_LLM_KEY_OWN: own?.key ?? "",
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
  await Promise.all(providers.map((one) => one.close()));
});

it("no form of a key is in the database, the log, metrics, traces, messages, artifacts or answers", async () => {
  const tenant = await test.tenant();
  const { keys, told } = await prepare(tenant);
  const apiKey = `nofx_ak_${randomBytes(32).toString("base64url")}`;
  await seedAgent(stack.owner, tenant.id, {
    capabilities: ["test.work"],
    keySha256: createHash("sha256").update(apiKey).digest("hex"),
  });
  const post = agentApi(apiKey);
  const agent = { kind: "agent" as const, maxFailures: 1 };
  const run = await seedRun(stack.owner, tenant.id, [
    { name: "ask", ...agent, arguments: { capability: "test.work" } },
    { name: "listen", ...agent, arguments: { capability: "test.work" } },
    { name: "shell", arguments: sh("env > env.txt", { artifacts: ["env.txt"] }) },
  ]);
  await stack.owner.query("select pg_notify('nofx_doorbell', 'default')");
  await until("both steps are held", async () => {
    await post("/steps/claim", {
      capabilities: ["test.work"],
      max: 2,
      waitSeconds: 1,
      worker: "test",
    });
    return (
      (await stack.step(run, "ask")).epoch === 1 && (await stack.step(run, "listen")).epoch === 1
    );
  });
  const [ask = "", listen = ""] = ["ask", "listen"].map((name) =>
    toId("step", run.steps[name] ?? ""),
  );

  await Promise.all(
    providers.map(async (provider, p) => {
      const failures = failuresWith(provider.key, ANSWERED);
      for (const [call, model] of MODELS.entries()) {
        const failure = failures[(p + call * 7) % failures.length] ?? { do: "answer" };
        provider.always(failure);
        const before = provider.requests.length;
        const gone = new AbortController();
        const answer = callModel(`${provider.name}/${model}`, {
          apiKey,
          step: ask,
          responses: call % 3 === 2,
          stream: (p + call) % 2 === 1,
          signal: gone.signal,
        });
        if (failure.do === "hold") {
          await until("it is held", () => provider.requests.length > before);
          gone.abort();
          await until("it is let go", () => provider.open === 0);
        }
        told.push(await answer);
        provider.release();
      }
    }),
  );

  // what the agent heard it passes on, wherever an agent can
  const heard = told.join("\n");
  const at = new Date().toISOString();
  const lines = told.map((text, seq) => ({ seq, at, level: "info", text: text.slice(0, 8_000) }));
  await post(`/steps/${ask}/logs`, { epoch: 1, lines });
  await post(`/steps/${ask}/messages`, { epoch: 1, to: listen, sentAs: "told", payload: told });
  await post(`/steps/${ask}/checkpoints`, { epoch: 1, name: "told", value: told });
  await upload(post, ask, heard);
  await post(`/steps/${ask}/complete`, { epoch: 1, output: told });
  const message = heard.slice(0, 1_000);
  await post(`/steps/${listen}/fail`, {
    epoch: 1,
    error: { code: "agent_error", message, data: { told } },
  });
  await until(
    "the shell has ended",
    async () => (await stack.step(run, "shell")).status === "succeeded",
  );
  await until("every call is in the books", async () => {
    const { rows } = await stack.owner.query(
      "select count(distinct call_id)::integer as calls, count(*) filter (where ended_at is null)::integer as open from model_calls",
    );
    return rows[0].calls === providers.length * MODELS.length && rows[0].open === 0;
  });
  const metrics = await (await fetch(`${worker.url}/metrics`)).text();
  worker.signal("SIGTERM");
  await worker.exited;

  const reader = {
    ...(await tenant.as("operator")),
    plane: { ...test.plane, keks: keksOf({ NOFX_KEK: KEK }) },
  };
  const said = await messagesOfRun(reader, { runId: toId("run", run.id) });
  const places = {
    database: [await rowsOf(stack.owner), ANSWERED],
    // what is said is stored sealed: as those who may read it are shown it
    messages: [JSON.stringify(said.items), ANSWERED],
    transcripts: [await rowsOf(stack.owner, "model_transcripts"), ANSWERED],
    "dead letters": [await rowsOf(stack.owner, "dead_letters"), ANSWERED],
    log: [worker.said(), "no room for"],
    metrics: [metrics, 'nofx_model_attempts_total{endpoint="chat",outcome="failed"'],
    traces: [readFileSync(spansFile, "utf8"), "gen_ai.usage.input_tokens"],
    artifacts: [filesIn(stack.stack.storageFolder), ANSWERED],
    answers: [heard, ANSWERED],
  };
  for (const [place, [text = "", holds = ""]] of Object.entries(places)) {
    expect([place, text.includes(holds)]).toEqual([place, true]);
    for (const key of keys) expect([place, formsIn(text, key)]).toEqual([place, []]);
  }
  // the commands of a step are given no key, and the file that says so was read
  expect(filesIn(stack.stack.storageFolder)).toContain("NOFX_STEP_NAME=shell");
});

/** Providers of a tenant with their keys, an older version of each too; what is kept of calls is kept. */
async function prepare(tenant: Awaited<ReturnType<TestPlane["tenant"]>>) {
  const { owner } = stack;
  const keks = keksOf({ NOFX_KEK: KEK });
  const admin = await tenant.as("admin");
  const keys = providers.map(({ key }) => key);
  const plane = { ...test.plane, keks };
  for (const { name, key, baseUrl } of providers) {
    for (const model of MODELS) {
      await owner.query(
        "insert into llm_models (tenant_id, provider, name, title, capabilities) values ($1, $2, $3, $3, '{text,streaming}')",
        [tenant.id, name, model],
      );
    }
    const kind = VAULT_KINDS.find((one) => one.replaceAll("_", "-") === name);
    if (kind === undefined) continue;
    await owner.query(
      "insert into llm_providers (tenant_id, name, title, kind, base_url) values ($1, $2, $2, $3, $4)",
      [tenant.id, name, kind, baseUrl],
    );
    const before = newKey();
    keys.push(before);
    for (const secret of [before, key]) {
      await putKey({ ...admin, plane, idempotencyKey: randomUUID() }, { provider: name, secret });
    }
  }
  // what cannot be kept is told of in the log, with all that there was
  await owner.query(
    `create function public.no_room() returns trigger language plpgsql as $$ begin raise exception 'no room for %', to_jsonb(new); end $$;
     create trigger no_room before insert on public.model_transcripts for each row
       when (new.request::text like '%/m1.%') execute function public.no_room()`,
  );
  await owner.query(
    `insert into tenant_settings (tenant_id, key, value) values ($1, 'model_endpoint', '{"transcripts": true, "cache": "exact"}')`,
    [tenant.id],
  );
  return { keys, told: [] as string[] };
}

async function callModel(
  model: string,
  of: { apiKey: string; step: string; responses: boolean; stream: boolean; signal: AbortSignal },
): Promise<string> {
  const { apiKey, step, responses, stream, signal } = of;
  const messages = [{ role: "user", content: `Say hello to ${model}.` }];
  const body = responses ? { input: messages } : { messages };
  try {
    const response = await fetch(
      `${worker.url}/v1/${responses ? "responses" : "chat/completions"}`,
      {
        method: "POST",
        headers: {
          authorization: `Bearer ${apiKey}`,
          "content-type": "application/json",
          "nofx-step-id": step,
          "nofx-max-attempts": "1",
        },
        body: JSON.stringify({ model, stream, ...body }),
        signal,
      },
    );
    return `${response.status} ${JSON.stringify([...response.headers])} ${await response.text()}`;
  } catch (error) {
    return String(error);
  }
}

type Post = ReturnType<typeof agentApi>;

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

async function upload(post: Post, step: string, text: string): Promise<void> {
  const sha256 = createHash("sha256").update(text).digest("hex");
  const contentType = "text/plain";
  const size = Buffer.byteLength(text);
  const file = { epoch: 1, name: "heard.txt", contentType, size, sha256 };
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
