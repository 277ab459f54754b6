import { createPlane, type MemberContext, type Plane } from "@nofx/control/command";
import {
  listHealth,
  probeModel,
  probeUnwell,
  recordOutcome,
  selectRoute,
  setModel,
  setProvider,
} from "@nofx/control/routing";
import { again, createTestPlane, type TestPlane } from "@nofx/control/testing";
import { startFakeProvider, type FakeProvider } from "@nofx/control/testing/fake-providers";
import { until } from "@nofx/db/testing";
import { afterAll, beforeAll, beforeEach, expect, it } from "vitest";

let test: TestPlane;
let fake: FakeProvider;
/** As the worker has it: on the gateway's login. */
let worker: Plane;
let admin: MemberContext;

beforeAll(async () => {
  [test, fake] = await Promise.all([
    createTestPlane(),
    startFakeProvider({ kind: "openai_compatible" }),
  ]);
  worker = createPlane(
    {
      DATABASE_URL: test.database.url("nofx_agent_gateway"),
      SUPABASE_URL: "http://127.0.0.1:9",
      SUPABASE_ANON_KEY: "none",
      SUPABASE_JWT_SECRET: "none",
      NOFX_HTTP_ALLOW: fake.host,
      NOFX_PROBE_SECONDS: 1,
    },
    { applicationName: "worker" },
  );
});
afterAll(async () => {
  await worker.close();
  await fake.close();
  await test[Symbol.asyncDispose]();
});
beforeEach(async () => {
  const tenant = await test.tenant();
  admin = { ...(await tenant.as("admin")), plane: worker };
  fake.always({ do: "answer" });
});
const next = () => (admin = again(admin));

const where = { provider: "own", model: "m", region: "default" };

async function define(probe: boolean): Promise<void> {
  // as the web does it: the gateway's login writes no settings
  const web = { ...admin, plane: { ...test.plane, allowedHosts: worker.allowedHosts } };
  await setProvider(again(web), {
    name: "own",
    kind: "openai_compatible",
    baseUrl: fake.baseUrl,
    keyName: null,
    probe,
  });
  await setModel(again(web), { model: "own/m" });
}

async function breakIt(): Promise<void> {
  for (let i = 0; i < 5; i += 1) {
    recordOutcome(worker, {
      tenantId: admin.tenantId,
      ...where,
      outcome: { ok: false, code: "overloaded", latencyMs: 1 },
    });
  }
  await worker.routing.flush();
}

const pass = () =>
  probeUnwell(worker, { worker: "w1", onError: (error) => expect.fail(String(error)) });
const route = () =>
  selectRoute(worker, {
    tenantId: admin.tenantId,
    request: {
      model: "own/m",
      capabilities: ["text"],
      inputTokens: 5,
      maxOutputTokens: 5,
      facts: {},
    },
  });

it("what fails is asked a word once an interval where that is allowed, and is used again as soon as it is well", async () => {
  await define(true);
  await breakIt();
  expect(await route()).toMatchObject({ ok: false, code: "providers_unhealthy" });
  fake.always({ do: "error", status: 503 });
  const before = fake.requests.length;
  await until("a probe that fails", async () => (await pass()).probed === 1);
  // it was just asked: not again within the interval, whoever passes
  expect((await pass()).probed).toBe(0);
  fake.always({ do: "answer" });
  await until("a probe that is answered", async () => (await pass()).healed === 1);
  expect(fake.requests.length - before).toBeGreaterThanOrEqual(2);
  expect(await route()).toMatchObject({ ok: true, chosen: { provider: "own", trial: false } });
  const { rows } = await test.owner.query(
    `select type from events where tenant_id = $1 and type like 'provider.%ed' and type <> 'provider.changed' order by id`,
    [admin.tenantId],
  );
  expect(rows.map(({ type }) => type)).toEqual(["provider.degraded", "provider.healed"]);
});

it("what may not be probed is asked nothing; the next call tries it", async () => {
  await define(false);
  await breakIt();
  const before = fake.requests.length;
  const tried = await until("a trial", async () => {
    expect((await pass()).probed).toBe(0);
    const decision = await route();
    return decision.ok && decision.chosen;
  });
  expect(tried).toMatchObject({ provider: "own", trial: true });
  expect(fake.requests.length).toBe(before);
});

it("an admin's probe tells how it is, and health learns of it", async () => {
  await define(false);
  fake.always({ do: "error", status: 429, headers: { "retry-after": "30" } });
  const limited = await probeModel(next(), { name: "own", model: "m" });
  expect(limited).toMatchObject({ ok: false, code: "rate_limited" });
  fake.always({ do: "answer" });
  expect(await probeModel(next(), { name: "own", model: "m" })).toMatchObject({ ok: true });
  const web = { ...admin, plane: test.plane };
  const { health } = await listHealth(again(web), { provider: "own" });
  expect(health[0]).toMatchObject({ samples: 2, errors: { rate_limited: 1 } });
  await expect(probeModel(next(), { name: "own", model: "x" })).rejects.toMatchObject({
    code: "not_found",
  });
});
