import { randomUUID } from "node:crypto";
import { release, renew, settle } from "@nofx/control/budgets";
import { createWorkerEngine } from "@nofx/control/steps";
import { createTestPlane, type TestPlane } from "@nofx/control/testing";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { openBooks, type Books } from "./fixtures.ts";

const PROVE = process.env["PROVE"] === "1";

let plane: TestPlane;
let books: Books;
beforeAll(async () => {
  plane = await createTestPlane();
});
beforeEach(async () => {
  books = await openBooks(plane);
});
afterAll(() => plane[Symbol.asyncDispose]());

const deps = () => ({ db: plane.plane.db });

describe("a cap", () => {
  it("is never exceeded by 50 concurrent calls, through run, agent, tenant and model", async () => {
    const db = books.manyConnections(50);
    const [runId, agentId] = [randomUUID(), randomUUID()];
    const scopes = { runId, agentId, model: "openai/gpt-5-mini" };
    const caps = await Promise.all([
      books.budget({ scope: "run", limit: 905n }),
      books.budget({ scope: "agent", limit: 10_000n }),
      books.budget({ limit: 1_000n }),
      books.budget({ scope: "model", subject: "openai/*", limit: 2_000n }),
      books.budget({ measure: "calls", window: "day", limit: 45 }),
    ]);
    for (let round = 0; round < (PROVE ? 20 : 2); round += 1) {
      const key = { ...scopes, runId: round === 0 ? runId : randomUUID() };
      const answers = await Promise.all(
        Array.from({ length: 50 }, () => books.ask({ usd: 97n, calls: 1 }, { db, scopes: key })),
      );
      const held = answers.flatMap((one) =>
        one.outcome === "reserved" ? [one.reservationId] : [],
      );
      expect(held).toHaveLength(9);
      for (const id of [caps[1], caps[2], caps[3]]) {
        expect((await books.counter(id)).reserved).toBe("873");
      }
      await Promise.all(held.map((id) => release({ db }, id)));
    }
    const counters = await Promise.all(caps.map((id) => books.counters(id)));
    expect(counters.flat().every(({ reserved, used }) => reserved === "0" && used === "0")).toBe(
      true,
    );
    await db.destroy();
  });

  it("takes of all budgets or of none", async () => {
    const wide = await books.budget({ limit: 100n });
    const narrow = await books.budget({ scope: "agent", limit: 10n });
    const agentId = randomUUID();
    expect(await books.refused({ usd: 11n }, { scopes: { agentId } })).toMatchObject({
      outcome: "stop",
      kind: "cap",
      budgetId: narrow,
      scope: "agent",
      subject: agentId,
      limit: 10n,
      used: 0n,
      reserved: 0n,
      asked: 11n,
      resetsAt: null,
    });
    expect((await books.counter(wide)).reserved).toBe("0");
    // what no budget of an agent covers is not held up by it
    await books.hold({ usd: 11n });
  });

  it("sums each subject on its own, one by name, and models by pattern", async () => {
    const runs = await books.budget({ scope: "run", limit: 10n });
    const one = randomUUID();
    await books.budget({ scope: "agent", subject: one, limit: 5n });
    await books.budget({ scope: "model", subject: "openai/*", limit: 20n });
    await books.budget({ model: "openai/o*", limit: 3n });
    for (const runId of [randomUUID(), randomUUID()]) {
      await books.hold(
        { usd: 10n },
        { scopes: { runId, agentId: randomUUID(), model: "openai/gpt" } },
      );
    }
    expect(await books.counters(runs)).toHaveLength(2);
    await books.refused({ usd: 6n }, { scopes: { agentId: one } });
    expect(await books.refused({ usd: 1n }, { scopes: { model: "openai/gpt" } })).toMatchObject({
      scope: "model",
      subject: "openai/*",
    });
    await books.hold({ usd: 3n }, { scopes: { model: "mistral/x" } });
    await books.refused({ usd: 4n }, { scopes: { model: "openai/o3" } });
  });

  it("covers all agents of a team, and counts a team that is named", async () => {
    await books.budget({ scope: "team", subject: "research", limit: 10n });
    const { rows } = await plane.owner.query<{ id: string }>(
      "insert into agent_registry (tenant_id, name, team) values ($1, 'a', 'research'), ($1, 'b', 'research'), ($1, 'c', 'other') returning id",
      [books.tenant.id],
    );
    const [a, b, c] = rows.map(({ id }) => ({ agentId: id }));
    await books.hold({ usd: 6n }, { scopes: a ?? {} });
    await books.refused({ usd: 5n }, { scopes: b ?? {} });
    await books.hold({ usd: 50n }, { scopes: c ?? {} });
    await books.refused({ usd: 5n }, { scopes: { ...c, teamId: "research" } });
  });
});

describe("what is measured", () => {
  it("compares depth, and counts children of one step, agents at once", async () => {
    await books.budget({ measure: "depth", limit: 3 });
    await books.budget({ measure: "fan_out", scope: "step", limit: 4 });
    await books.budget({ measure: "agents", scope: "run", window: "at_once", limit: 2 });
    const scopes = { runId: randomUUID(), stepId: randomUUID() };
    await books.hold({ depth: 3 }, { scopes });
    await books.hold({ depth: 3 }, { scopes });
    expect(await books.refused({ depth: 4 }, { scopes })).toMatchObject({ measure: "depth" });
    await books.hold({ fanOut: 3 }, { scopes });
    await books.refused({ fanOut: 2 }, { scopes });
    await books.hold({ fanOut: 4 }, { scopes: { ...scopes, stepId: randomUUID() } });
    const first = await books.hold({ agents: 1 }, { scopes });
    await books.hold({ agents: 1 }, { scopes });
    await books.refused({ agents: 1 }, { scopes });
    await settle(deps(), first, { agents: 1 });
    await books.hold({ agents: 1 }, { scopes });
  });
});

describe("settling", () => {
  it("counts once what was used, and gives the rest back", async () => {
    const id = await books.budget({ limit: 10n });
    const first = await books.hold({ usd: 10n, calls: 1 });
    await books.refused({ usd: 1n });
    const done = { settled: true, late: false, overrun: {} };
    expect(await settle(deps(), first, { usd: 4n })).toEqual(done);
    expect(await settle(deps(), first, { usd: 9n })).toEqual({ ...done, settled: false });
    expect(await release(deps(), first)).toBe(false);
    expect(await books.counter(id)).toMatchObject({ used: "4", reserved: "0", overrun: "0" });
    const second = await books.hold({ usd: 6n });
    expect(await release(deps(), second)).toBe(true);
    expect(await release(deps(), second)).toBe(false);
    expect(await renew(deps(), second, 5_000)).toBe(false);
    expect(await books.counter(id)).toMatchObject({ used: "4", reserved: "0" });
  });

  it("never loses an overrun, nor what comes after the lease or a release", async () => {
    const id = await books.budget({ limit: 10n });
    const over = await books.hold({ usd: 5n, tokens: 10 });
    expect(await settle(deps(), over, { usd: 7n, tokens: 12 })).toEqual({
      settled: true,
      late: false,
      overrun: { usd: 2n, tokens: 2 },
    });
    expect(await books.counter(id)).toMatchObject({ used: "7", overrun: "2" });
    const lost = await books.hold({ usd: 3n });
    await books.lose(lost);
    const given = await books.hold({ usd: 3n });
    await release(deps(), given);
    await books.hold({ usd: 3n });
    for (const late of [lost, given]) {
      expect(await settle(deps(), late, { usd: 1n })).toMatchObject({ settled: true, late: true });
    }
    expect(await books.counter(id)).toMatchObject({ used: "9", reserved: "3", overrun: "4" });
    await books.refused({ usd: 1n });
  });

  it("counts what nobody had thought of beforehand", async () => {
    const id = await books.budget({ limit: 10n });
    const unpriced = await books.hold({ calls: 1 });
    expect(await settle(deps(), unpriced, { usd: 4n })).toMatchObject({ overrun: { usd: 4n } });
    expect(await books.counter(id)).toMatchObject({ used: "4", reserved: "0", overrun: "4" });
  });

  it("counts what is not named as it was reserved, and refuses what it cannot find or read", async () => {
    const id = await books.budget({ measure: "calls", limit: 10 });
    await settle(deps(), await books.hold({ usd: 5n, calls: 2 }), { usd: 1n });
    expect(await books.counter(id)).toMatchObject({ used: "2", reserved: "0" });
    await expect(settle(deps(), randomUUID(), {})).rejects.toMatchObject({ code: "not_found" });
    await expect(books.ask({ usd: -1n })).rejects.toMatchObject({ code: "invalid_input" });
    await expect(books.ask({ tokens: 1.5 })).rejects.toMatchObject({ code: "invalid_input" });
    await expect(books.ask({ usd: 1n }, { leaseMs: 5 })).rejects.toMatchObject({
      code: "invalid_input",
    });
    const other = await openBooks(plane);
    await expect(books.ask({ usd: 1n }, { tenantId: other.tenant.id })).rejects.toMatchObject({
      code: "forbidden",
    });
  });
});

describe("a crash between reserve and settle", () => {
  it("frees the reservation after its lease, for whoever comes next", async () => {
    const id = await books.budget({ limit: 10n });
    const lost = await books.hold({ usd: 8n });
    await books.refused({ usd: 8n });
    expect(await renew(deps(), lost, 60_000)).toBe(true);
    await books.lose(lost);
    await books.hold({ usd: 8n });
    expect(await books.counter(id)).toMatchObject({ reserved: "8", used: "0" });
  });

  it("is swept up where nobody comes", async () => {
    const id = await books.budget({ limit: 10n });
    await books.lose(await books.hold({ usd: 8n }));
    const engine = createWorkerEngine({
      connectionString: plane.database.url("nofx_worker"),
      worker: "w1",
    });
    expect(await engine.sweepBudgets(100)).toBe(1);
    expect(await engine.sweepBudgets(100)).toBe(0);
    expect(await books.counter(id)).toMatchObject({ reserved: "0", used: "0" });

    // and it forgets what is old, but nothing of which something is under way
    const perRun = await books.budget({ scope: "run", limit: 10n });
    const [old, open] = [randomUUID(), randomUUID()];
    await settle(deps(), await books.hold({ usd: 1n }, { scopes: { runId: old } }), {});
    const under = await books.hold({ usd: 1n }, { scopes: { runId: open } });
    await plane.owner.query(
      "update budget_counters set forget_at = clock_timestamp() - interval '1 minute' where budget_id = $1 and forget_at > clock_timestamp() + interval '399 days'",
      [perRun],
    );
    await plane.owner.query(
      "update budget_reservations set ended_at = ended_at - interval '3 days' where tenant_id = $1",
      [books.tenant.id],
    );
    await engine.sweepBudgets(100);
    await engine.close();
    expect(await books.counters(perRun)).toMatchObject([{ subject: open, reserved: "1" }]);
    const { rows } = await plane.owner.query<{ id: string }>(
      "select id from budget_reservations where tenant_id = $1",
      [books.tenant.id],
    );
    expect(rows).toEqual([{ id: under }]);
  });
});

it("answers the same key with the same reservation, also at once, and begins anew what was given back", async () => {
  const id = await books.budget({ limit: 10n });
  const requestKey = randomUUID();
  const db = books.manyConnections(8);
  const answers = await Promise.all(
    Array.from({ length: 8 }, () => books.ask({ usd: 10n }, { db, requestKey })),
  );
  await db.destroy();
  const held = answers.flatMap((one) => (one.outcome === "reserved" ? [one] : []));
  expect(held).toHaveLength(8);
  expect(held.filter(({ replayed }) => !replayed)).toHaveLength(1);
  const [first] = held;
  expect(new Set(held.map(({ reservationId }) => reservationId)).size).toBe(1);
  const reservationId = first?.reservationId ?? "";
  await release(deps(), reservationId);
  expect(await books.ask({ usd: 9n }, { requestKey })).toEqual({
    outcome: "reserved",
    reservationId,
    state: "open",
    replayed: false,
  });
  await books.lose(reservationId);
  expect(await books.hold({ usd: 8n }, { requestKey })).toBe(reservationId);
  await settle(deps(), reservationId, { usd: 8n });
  expect(await books.ask({ usd: 8n }, { requestKey })).toMatchObject({
    state: "settled",
    replayed: true,
  });
  expect(await books.counter(id)).toMatchObject({ used: "8", reserved: "0" });
});
