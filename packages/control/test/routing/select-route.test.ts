import type { CallErrorCode, RouteRequest } from "@nofx/core/model-router";
import { createRouting, recordOutcome, selectRoute, type Routing } from "@nofx/control/routing";
import { createTestPlane, type TestPlane } from "@nofx/control/testing";
import { until } from "@nofx/db/testing";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

let test: TestPlane;
let others: Routing[] = [];
const PROBE_MS = 1_500;

beforeAll(async () => {
  test = await createTestPlane();
});
afterAll(async () => {
  await Promise.all(others.map((one) => one.close()));
  others = [];
  await test[Symbol.asyncDispose]();
});

/** A process of its own, as far as routing goes, that tries failing providers again soon. */
function anotherProcess() {
  const { db, clock, sha256 } = test.plane;
  const routing = createRouting({ db, clock, sha256, options: { probeIntervalMs: PROBE_MS } });
  others.push(routing);
  return { routing, sha256 };
}

const request = (rest: Partial<RouteRequest> = {}): RouteRequest => ({
  capabilities: ["text"],
  inputTokens: 1_000,
  maxOutputTokens: 500,
  facts: {},
  ...rest,
});

/** Two servers that a tenant runs itself, each with one model; `good` is the better one. */
async function twoServers(): Promise<string> {
  const { id } = await test.tenant();
  for (const [name, quality] of [
    ["good", 0.9],
    ["spare", 0.2],
  ] as const) {
    await test.owner.query(
      `insert into llm_providers (tenant_id, name, title, kind, base_url, key_name) values ($1, $2, $2, 'openai_compatible', 'https://x.example/v1', null)`,
      [id, name],
    );
    await test.owner.query(
      `insert into llm_models (tenant_id, provider, name, title, capabilities, quality) values ($1, $2, 'm', 'm', '{text}', $3)`,
      [id, name, quality],
    );
  }
  return id;
}

const best = request({ model: "policy:best" });
const fail = (process: { routing: Routing }, tenantId: string, code: CallErrorCode) =>
  recordOutcome(process, {
    tenantId,
    provider: "good",
    model: "m",
    region: "default",
    outcome: { ok: false, code, latencyMs: 5 },
  });

async function chosenBy(
  process: { routing: Routing; sha256: (text: string) => string },
  tenantId: string,
) {
  const decision = await selectRoute(process, { tenantId, request: best });
  return decision.ok ? decision.chosen : undefined;
}

describe("selectRoute", () => {
  it("finds the simulated models where there is nothing else, and says so by their names", async () => {
    const { id } = await test.tenant();
    const decision = await selectRoute(test.plane, { tenantId: id, request: request() });
    expect(decision).toMatchObject({ ok: true, chosen: { provider: "simulated", keyName: null } });
    expect(decision.digest).toMatch(/^[0-9a-f]{64}$/);
  });

  it("leaves them out where there is something real, unless they are asked for", async () => {
    const id = await twoServers();
    const auto = await selectRoute(test.plane, { tenantId: id, request: best });
    if (!auto.ok) throw new Error(auto.message);
    expect(auto.chosen.provider).toBe("good");
    expect(auto.fallbacks.map(({ provider }) => provider)).toEqual(["spare"]);
    const named = await selectRoute(test.plane, {
      tenantId: id,
      request: request({ model: "simulated/careful" }),
    });
    expect(named).toMatchObject({ ok: true, chosen: { provider: "simulated" } });
  });

  it("says what to do about a model without a key, an unknown policy and an unknown model", async () => {
    const { id } = await test.tenant();
    const asked = async (model: string) => {
      const decision = await selectRoute(test.plane, { tenantId: id, request: request({ model }) });
      return decision.ok ? undefined : [decision.code, decision.message];
    };
    expect(await asked("openai/gpt-5-mini")).toEqual([
      "no_candidate",
      expect.stringContaining('no key "default" of openai'),
    ]);
    expect(await asked("policy:nightly")).toEqual([
      "model_unknown",
      expect.stringContaining("policy:default"),
    ]);
    expect(await asked("openai/gpt-99")).toEqual([
      "model_unknown",
      expect.stringContaining("no model openai/gpt-99"),
    ]);
  });

  it("finds a product's provider as soon as there is a key of it", async () => {
    const { id } = await test.tenant();
    const wanted = request({ model: "openai/gpt-5-mini" });
    expect((await selectRoute(test.plane, { tenantId: id, request: wanted })).ok).toBe(false);
    await test.owner.query(
      `insert into secure_keys (id, tenant_id, provider, name, version) values (gen_random_uuid(), $1, 'openai', 'default', 1)`,
      [id],
    );
    test.plane.routing.changed(id);
    const decision = await selectRoute(test.plane, { tenantId: id, request: wanted });
    expect(decision).toMatchObject({
      ok: true,
      chosen: { provider: "openai", keyName: "default", price: { input: 250_000n } },
    });
  });
});

describe("health", () => {
  it("seen by one process is heeded by the others, and one tries again", async () => {
    const id = await twoServers();
    const [here, there] = [anotherProcess(), anotherProcess()];
    expect((await chosenBy(here, id))?.provider).toBe("good");
    expect((await chosenBy(there, id))?.provider).toBe("good");

    for (let i = 0; i < 5; i += 1) fail(here, id, "overloaded");
    // at once where it was seen
    expect((await chosenBy(here, id))?.provider).toBe("spare");
    await until("the other knows", async () => (await chosenBy(there, id))?.provider === "spare");

    // after the interval one of both gets the trial, however many ask
    await until("a trial", async () => {
      const asked = await Promise.all(
        [here, there, here, there].map((process) => chosenBy(process, id)),
      );
      const trials = asked.filter((route) => route?.trial === true);
      expect(trials.length).toBeLessThanOrEqual(1);
      return trials.length === 1;
    });
    recordOutcome(there, {
      tenantId: id,
      provider: "good",
      model: "m",
      region: "default",
      outcome: { ok: true, latencyMs: 1 },
    });
    await until("it is used again", async () => (await chosenBy(here, id))?.provider === "good");
    const { rows } = await test.owner.query(
      `select type, payload ->> 'state' as state from events where tenant_id = $1 and type like 'provider.%' order by id`,
      [id],
    );
    expect(rows.map(({ type }) => type)).toEqual(
      expect.arrayContaining(["provider.degraded", "provider.healed"]),
    );
  });

  it("counts every outcome of every process once", async () => {
    const id = await twoServers();
    const processes = [anotherProcess(), anotherProcess(), anotherProcess()];
    for (let round = 0; round < 4; round += 1) {
      for (const process of processes) {
        for (let i = 0; i < 5; i += 1) {
          recordOutcome(process, {
            tenantId: id,
            provider: "good",
            model: "m",
            region: "default",
            outcome: { ok: true, latencyMs: 10 },
          });
        }
      }
      await Promise.all(processes.map(({ routing }) => routing.flush()));
    }
    const { rows } = await test.owner.query(
      `select sum((minute ->> 'calls')::int)::int as calls from provider_health, jsonb_array_elements("window" -> 'minutes') minute where tenant_id = $1`,
      [id],
    );
    expect(rows).toEqual([{ calls: 60 }]);
  });

  it("of one tenant is not another's", async () => {
    const [mine, theirs] = [await twoServers(), await twoServers()];
    for (let i = 0; i < 5; i += 1) fail(test.plane, mine, "unauthorized");
    await test.plane.routing.flush();
    expect((await chosenBy(test.plane, mine))?.provider).toBe("spare");
    expect((await chosenBy(test.plane, theirs))?.provider).toBe("good");
  });
});
