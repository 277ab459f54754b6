import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { chat, endpointFixture, newKey, post, type EndpointFixture } from "./fixtures.ts";

let t: EndpointFixture;
beforeAll(async () => {
  t = await endpointFixture();
});
afterAll(() => t[Symbol.asyncDispose]());

const ask = (body: object, headers: Record<string, string> = {}) =>
  t.endpoint().handle(post("/chat/completions", body, { agentKey: t.agentKey, headers }));
const said = (content: string, rest: object = {}) =>
  chat("kept/m", { messages: [{ role: "user", content }], ...rest });

describe("answers that are given again", () => {
  it("are the same request's, where it is asked for; nobody is asked and nothing is paid", async () => {
    const fake = await t.provider("kept");
    const exact = { "nofx-cache": "exact" };
    // nobody asked for it
    expect((await ask(said("one"))).headers.get("nofx-cache")).toBe("none");
    const miss = await ask(said("one"), exact);
    expect(miss.headers.get("nofx-cache")).toBe("miss");
    const first = (await miss.json()) as { choices: unknown };
    const before = fake.requests.length;

    const hit = await ask(said("one"), exact);
    expect(Object.fromEntries(hit.headers)).toMatchObject({
      "nofx-cache": "exact",
      "nofx-cost-usd": "0",
      "nofx-provider": "kept",
      "nofx-attempts": "0",
    });
    expect(await hit.json()).toMatchObject({ choices: first.choices });
    const streamed = await ask(said("one", { stream: true }), exact);
    expect(await streamed.text()).toContain("Hello from a fake provider.");
    expect(streamed.headers.get("nofx-cache")).toBe("exact");
    expect(fake.requests.length).toBe(before);
    expect(await t.calls("cache = 'exact'")).toMatchObject([
      { status: "succeeded", cost_pico: 0, input_tokens: 0, streamed: false },
      { status: "succeeded", cost_pico: 0, streamed: true },
    ]);

    // another question, another temperature, another tenant: another answer
    expect((await ask(said("two"), exact)).headers.get("nofx-cache")).toBe("miss");
    const warmer = await ask(said("one", { temperature: 1 }), exact);
    expect(warmer.headers.get("nofx-cache")).toBe("miss");
    const { rows } = await t.test.owner.query("select tenant_id from model_cache");
    expect(new Set(rows.map((row) => row.tenant_id as string))).toEqual(new Set([t.tenantId]));
    await t.settings({ cache: "never" });
    expect((await ask(said("one"), exact)).headers.get("nofx-cache")).toBe("none");
  });

  it("or of one that means the same, where a model of embeddings is there", async () => {
    await t.provider("vectors", { models: [{ name: "e", capabilities: ["embeddings"] }] });
    await t.settings({ cache: "semantic", embeddingsModel: "vectors/e", similarity: 0.99 });
    expect((await ask(said("How is it?"))).headers.get("nofx-cache")).toBe("miss");
    // the fake provider makes the same vector of every text
    const near = await ask(said("How goes it?"));
    expect(near.headers.get("nofx-cache")).toBe("semantic");
    expect((await ask(said("How goes it?", { temperature: 1 }))).headers.get("nofx-cache")).toBe(
      "miss",
    );
    // comparing is a call too, and was paid for
    expect((await t.calls("endpoint = 'embeddings'")).length).toBeGreaterThanOrEqual(2);
    await t.settings({});
  });

  it("none is kept that redaction would rewrite", async () => {
    const fake = await t.provider("leaky");
    const text = `Use ${newKey()} for it.`;
    fake.always({ do: "answer", answer: { text, usage: { input: 1, output: 1 } } });
    const body = chat("leaky/m");
    const exact = { "nofx-cache": "exact" };
    const answer = (await (await ask(body, exact)).json()) as {
      choices: { message: { content: string } }[];
    };
    expect(answer.choices[0]?.message.content).toBe(text);
    expect((await ask(body, exact)).headers.get("nofx-cache")).toBe("miss");
  });
});

describe("transcripts", () => {
  const transcripts = async () =>
    (await t.test.owner.query("select * from model_transcripts where tenant_id = $1", [t.tenantId]))
      .rows as { request: unknown; answer: unknown; redacted: number; call_id: string }[];

  it("are not kept unless the tenant wants them; then redacted, and swept when their time is over", async () => {
    await t.provider("written");
    const secret = newKey();
    const content = `Mail ada@example.org from 10.1.2.3, key ${secret}, card 4111 1111 1111 1111.`;
    const body = chat("written/m", { messages: [{ role: "user", content }] });
    await ask(body);
    expect(await transcripts()).toEqual([]);

    await t.settings({ transcripts: true, redact: ["emails", "cards", "ip_addresses"] });
    await ask(body, { "nofx-transcript": "off" });
    expect(await transcripts()).toEqual([]);
    await ask(body);
    await (await ask({ ...body, stream: true })).text();
    const kept = await transcripts();
    expect(kept).toHaveLength(2);
    for (const one of kept) {
      expect(one.redacted).toBe(1);
      const text = JSON.stringify(one);
      expect(text).toContain("Mail [email] from [ip_address], key [secret], card [card].");
      expect(text).toContain("Hello from a fake provider.");
    }
    await t.test.owner.query(
      "update model_transcripts set expires_at = clock_timestamp() - interval '1 second'",
    );
    await t.test.owner.query("select engine.sweep_model_answers(100)");
    expect(await transcripts()).toEqual([]);
    // what it cost stays
    expect(await t.calls("provider = 'written'")).toHaveLength(4);
    await t.settings({});
  });
});

it("a call whose process was not heard of again is lost, and what it used is unknown; one that ends after all is as it ended", async () => {
  await t.provider("slow-one");
  const response = await ask(chat("slow-one/m"));
  expect(response.status).toBe(200);
  const { owner } = t.test;
  await owner.query(
    "update model_calls set status = 'under_way', ended_at = null, cost_pico = null, lease_until = clock_timestamp() - interval '1 second' where provider = 'slow-one'",
  );
  await owner.query("select engine.sweep_model_calls(100)");
  const [lost] = await t.calls("provider = 'slow-one'");
  expect(lost).toMatchObject({ status: "lost", cost_pico: null });
  await owner.query("select app.end_model_call($1, $2)", [
    lost?.id,
    JSON.stringify({ status: "succeeded", cost_pico: 5 }),
  ]);
  expect(await t.calls("provider = 'slow-one'")).toMatchObject([
    { status: "succeeded", cost_pico: 5 },
  ]);
});
