import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import type { Person } from "../../apps/web/test/test-web.ts";
import { asker, commands, type Door, named, OWN_ONLY, questions } from "./fixtures/doors/index.ts";
import { expectNoTrace, openTwoHouses, type TwoHouses } from "./fixtures/two-houses.ts";
import type { Answer, House } from "./fixtures/two-tenants.ts";

// Two tenants with the same things in them. Through every door, the second one's people and agents find nothing of the
// first's, while the first's own come through by the very same request. Below the API: tenantIsolationOfData.test.ts.

// The marker of modules that only Next's server may load; here nothing else does.
vi.mock("../../apps/web/node_modules/server-only/index.js", () => ({}));

let t: TwoHouses;
let first: House;
let second: House;

beforeAll(async () => {
  t = await openTwoHouses();
  ({ first, second } = t);
});
afterAll(() => t.close());

async function byRest(as: Person, door: Door, ids: House["ids"], headers = {}): Promise<Answer> {
  const [method, path] = door.rest;
  const init = method === "GET" ? {} : { body: door.input(ids) };
  const response = await t.web.rest(`/api${path(ids)}`, { as, headers, ...init });
  return { status: response.status, body: (await response.json()) as Answer["body"] };
}

async function byTrpc(as: Person, door: Door, ids: House["ids"], headers = {}): Promise<Answer> {
  const input = JSON.stringify(door.input(ids));
  const isQuery = door.rest[0] === "GET";
  const query = isQuery ? `?input=${encodeURIComponent(input)}` : "";
  const response = await t.web.trpc(
    new Request(`http://nofx.test/api/trpc/${door.procedure}${query}`, {
      method: door.rest[0],
      headers: {
        authorization: `Bearer ${as.token}`,
        "content-type": "application/json",
        "idempotency-key": randomUUID(),
        ...headers,
      },
      ...(isQuery ? {} : { body: input }),
    }),
  );
  const answer = (await response.json()) as {
    result?: { data: Answer["body"] };
    error?: { data: { problem: Answer["body"] } };
  };
  return { status: response.status, body: answer.result?.data ?? answer.error?.data.problem ?? {} };
}

test("every procedure of the router is in these lists", () => {
  const listed = [...questions, ...commands].map(({ procedure }) => procedure);
  expect([...listed, ...OWN_ONLY].toSorted()).toEqual(t.web.procedures.toSorted());
});

describe.each([
  ["REST", byRest],
  ["tRPC", byTrpc],
] as const)("over %s", (_name, ask) => {
  test.each(named("not_found"))(
    "%s answers the owner; to a stranger there is no such thing",
    async (_procedure, door) => {
      expect(await ask(asker(first, door), door, first.ids)).toMatchObject({ status: 200 });
      expect(await ask(asker(second, door), door, first.ids)).toMatchObject({
        status: 404,
        body: { code: "not_found" },
      });
    },
  );

  test.each(named("own list"))(
    "%s tells each of the two what is theirs, and nothing of the other",
    async (_procedure, door) => {
      const own = await ask(asker(first, door), door, first.ids);
      const foreign = await ask(asker(second, door), door, first.ids);
      for (const { status, body } of [own, foreign]) {
        expect(status).toBe(200);
        expect(body["items"] ?? body).not.toEqual([]);
      }
      expectNoTrace(first, foreign.body);
      expectNoTrace(second, own.body);
    },
  );

  test("naming the other tenant opens nothing", async () => {
    for (const door of questions) {
      const headers = { "nofx-tenant": first.publicTenantId };
      expect(await ask(asker(second, door), door, first.ids, headers)).toMatchObject({
        status: 403,
        body: { code: "forbidden" },
      });
      expect(await ask(asker(first, door), door, first.ids, headers)).toMatchObject({
        status: 200,
      });
    }
  });

  test("a stranger's commands change nothing of the first tenant's", async () => {
    const before = await t.fingerprint(first);
    for (const door of commands) {
      expect(await ask(asker(second, door, "supervisor"), door, first.ids)).toMatchObject({
        status: 404,
      });
    }
    expect(await t.fingerprint(first)).toEqual(before);
  });
});

test("the first tenant's own people succeed with the same commands", async () => {
  const [decide, importing, execute] = commands as [Door, Door, Door];
  expect(await byRest(first.supervisor, decide, first.ids)).toMatchObject({ status: 200 });
  // The upload is found and read, and found to be no backlog.
  const previewing = commands.find(({ procedure }) => procedure === "backlog.preview") as Door;
  for (const door of [importing, previewing]) {
    const read = await byRest(first.operator, door, first.ids);
    expect(read).toMatchObject({ status: 400, body: { code: "document_unreadable" } });
  }
  expect(await byTrpc(first.operator, execute, first.ids)).toMatchObject({ status: 200 });
  const items = commands.filter(({ procedure }) => /^backlog\.(edit|move)$/.test(procedure));
  expect(items).toHaveLength(2);
  for (const door of items) {
    expect(await byRest(first.operator, door, first.ids)).toMatchObject({ status: 200 });
  }
  const waiting = commands.filter(({ procedure }) => /^(events|waits)\./.test(procedure));
  expect(waiting).toHaveLength(3);
  for (const door of waiting) {
    expect(await byRest(first.operator, door, first.ids)).toMatchObject({ status: 200 });
  }
  const hooks = commands.filter(({ procedure }) => /^(?:webhooks|inbound)\./.test(procedure));
  expect(hooks).toHaveLength(10);
  for (const door of hooks) {
    expect(await byRest(first.admin, door, first.ids)).toMatchObject({ status: 200 });
  }
  const keys = commands.filter(({ procedure }) => procedure.startsWith("keys."));
  expect(keys).toHaveLength(2);
  for (const door of keys) {
    expect(await byRest(first.admin, door, first.ids)).toMatchObject({ status: 200 });
  }
  const budgets = commands.filter(({ procedure }) => /^(budgets|modelEndpoint)\./.test(procedure));
  expect(budgets).toHaveLength(3);
  for (const door of budgets) {
    expect(await byRest(first.admin, door, first.ids)).toMatchObject({ status: 200 });
  }
  const schedules = commands.filter(({ procedure }) => procedure.startsWith("schedules."));
  expect(schedules).toHaveLength(5);
  for (const door of schedules) {
    expect(await byRest(first.operator, door, first.ids)).toMatchObject({ status: 200 });
  }
  const overrides = commands.filter(({ procedure }) => procedure.startsWith("gates."));
  expect(overrides).toHaveLength(2);
  for (const door of overrides) {
    expect(await byRest(first.supervisor, door, first.ids)).toMatchObject({ status: 200 });
  }
  const messages = commands.filter(({ procedure }) =>
    /^(messages|redactions|holds)\./.test(procedure),
  );
  expect(messages).toHaveLength(5);
  for (const door of messages) {
    const by = asker(first, door, "supervisor");
    expect(await byRest(by, door, first.ids)).toMatchObject({ status: 200 });
  }
  const agents = commands.filter(({ procedure }) => /^(agents|agentEndpoints)\./.test(procedure));
  expect(agents).toHaveLength(12);
  for (const door of agents) {
    expect(await byRest(first.supervisor, door, first.ids)).toMatchObject({ status: 200 });
  }
  const claim = { capabilities: ["test.work"], max: 1, waitSeconds: 0, worker: "test" };
  expect(await first.agent("/steps/claim", claim)).toMatchObject({
    body: { steps: [{ id: first.ids.waitingStepId }] },
  });
});
