import { randomUUID } from "node:crypto";
import {
  chooseStrategy,
  explainStepAgent,
  getDispatchSettings,
  listDecisions,
  measureDispatch,
  noteOutcome,
  preferAgents,
  setDispatchSettings,
  whatIfDispatch,
} from "@nofx/control/dispatch";
import { again, createTestPlane, type TestPlane } from "@nofx/control/testing";
import { prng } from "@nofx/core/testing";
import { toId, type Strategy } from "@nofx/core/vocabulary";
import { createDatabase, createPool } from "@nofx/db/client";
import { exchange } from "@nofx/db/leases";
import { seedAgent, seedRun } from "@nofx/db/testing";
import type { DB } from "@nofx/db/types";
import { sql, type Kysely } from "kysely";
import { createBell } from "../../src/steps/doorbell.ts";
import { waitingRoom } from "../../src/steps/waiting-room.ts";
import { afterAll, beforeAll, describe, expect, test } from "vitest";

let plane: TestPlane;
let worker: Kysely<DB>;
beforeAll(async () => {
  plane = await createTestPlane();
  const connectionString = plane.database.url("nofx_worker");
  worker = createDatabase<DB>(createPool({ connectionString, applicationName: "worker", max: 6 }));
});
afterAll(async () => {
  await worker.destroy();
  await plane[Symbol.asyncDispose]();
});

const BUG = { capability: "code.patch", labels: [], itemType: "bug" } as const;

async function house(agents = 3) {
  const tenant = await plane.tenant();
  const known = [];
  for (let i = 0; i < agents; i++) {
    known.push(await seedAgent(plane.owner, tenant.id, { capabilities: ["code.patch"] }));
  }
  const random = prng(42);
  const choose = (work: Partial<Parameters<typeof chooseStrategy>[1]> = {}) =>
    worker
      .transaction()
      .execute((tx) => chooseStrategy(tx, { ...BUG, ...work, tenantId: tenant.id }, random));
  const note = (decisionId: string, succeeded: boolean, seconds = 60) =>
    noteOutcome(worker, { decisionId, succeeded, seconds, costPico: 200_000_000_000n });
  return { tenant, agents: known, choose, note };
}

describe("a choice", () => {
  test("with no outcome goes by the prior and says so; it is kept with reason, numbers and agents", async () => {
    const { tenant, agents, choose, note } = await house();
    const choice = await choose({ runId: randomUUID() });
    expect(choice).toMatchObject({ strategy: "pair", numbers: { level: "prior" } });
    expect(choice.agents.map(({ agentId }) => agentId).toSorted()).toEqual(
      agents.map(({ id }) => id).toSorted(),
    );
    await note(choice.decisionId, true);
    const viewer = await tenant.as("viewer");
    const { items } = await listDecisions(viewer, {});
    expect(items).toHaveLength(1);
    expect(items[0]).toMatchObject({
      id: toId("dispatchDecision", choice.decisionId),
      strategy: "pair",
      reason: choice.reason,
      heldOut: false,
      outcome: { succeeded: true, seconds: 60, costUsd: 0.2 },
    });
    expect(items[0]?.strategies).toHaveLength(4);
    expect(items[0]?.agents).toHaveLength(3);
  });

  test("with fewer agents than a strategy takes is made among the others", async () => {
    const { choose } = await house(1);
    const choice = await choose();
    expect([choice.strategy, choice.heldOut]).toEqual(["solo", false]);
    expect(choice.reason).toContain("takes 2 agents, and 1 can be had");
  });

  test("goes by what has come, of its kind of work first, and pages by cursor", async () => {
    const { tenant, choose, note } = await house();
    const taken: Strategy[] = [];
    for (let i = 0; i < 60; i++) {
      const { strategy, decisionId } = await choose();
      taken.push(strategy);
      await note(decisionId, strategy === "solo");
    }
    const late = taken.slice(-20).filter((one) => one === "solo").length;
    expect(late).toBeGreaterThan(14);
    const operator = await tenant.as("operator");
    const whatIf = await whatIfDispatch(operator, { capability: "code.patch", itemType: "bug" });
    expect(whatIf).toMatchObject({ strategy: "solo", level: "segment" });
    const other = await whatIfDispatch(operator, { capability: "code.patch", itemType: "chore" });
    expect(other).toMatchObject({ strategy: "solo", level: "capability" });
    const first = await listDecisions(operator, { limit: 40 });
    const rest = await listDecisions(operator, {
      limit: 40,
      ...(first.nextCursor !== null && { cursor: first.nextCursor }),
    });
    const ids = [...first.items, ...rest.items].map(({ id }) => id);
    expect([new Set(ids).size, rest.nextCursor]).toEqual([60, null]);
    const held = await listDecisions(operator, { hold: "held_out", limit: 200 });
    expect(held.items.every(({ heldOut }) => heldOut)).toBe(true);
  });

  test("of one tenant knows nothing of another's", async () => {
    const mine = await house();
    const theirs = await house();
    for (let i = 0; i < 5; i++) await mine.note((await mine.choose()).decisionId, true);
    expect((await theirs.choose()).numbers.level).toBe("prior");
    const stranger = await theirs.tenant.as("admin");
    const { items } = await listDecisions(stranger, {});
    expect(items).toHaveLength(1);
  });
});

describe("an outcome", () => {
  test("counts once, however often it is noted and whoever learns of it at the same time", async () => {
    const { tenant, choose, note } = await house();
    const made = await Promise.all(Array.from({ length: 12 }, () => choose()));
    const noted = made.flatMap(({ decisionId }) => [
      note(decisionId, true),
      note(decisionId, true),
      note(decisionId, false, 9),
    ]);
    await Promise.all(noted);
    await Promise.all(Array.from({ length: 8 }, () => choose()));
    await choose();
    const { rows } = await plane.owner.query(
      "select level_key, (state ->> 'turns')::integer as turns from strategy_statistics where tenant_id = $1 order by level_key",
      [tenant.id],
    );
    expect(rows).toEqual([
      { level_key: "*", turns: 12 },
      { level_key: "code.patch", turns: 12 },
      { level_key: "code.patch/bug/normal", turns: 12 },
    ]);
  });

  test("is known to the next choice also while another transaction keeps what it learnt", async () => {
    const { tenant, choose, note } = await house();
    await note((await choose()).decisionId, true);
    await worker.transaction().execute(async (tx) => {
      const one = await chooseStrategy(tx, { ...BUG, tenantId: tenant.id }, prng(1));
      expect(one.numbers.level).toBe("segment");
      const other = await choose();
      expect(other.numbers.level).toBe("segment");
    });
  });

  test("of a choice that is gone is nobody's", async () => {
    await noteOutcome(worker, {
      decisionId: randomUUID(),
      succeeded: true,
      seconds: 1,
      costPico: 0n,
    });
  });
});

test("the lift is told once the hold-out shows it, and not before", async () => {
  const { tenant, choose, note } = await house();
  const admin = await tenant.as("admin");
  await setDispatchSettings(admin, { holdOut: 0.5 });
  const play = async (count: number) => {
    for (let i = 0; i < count; i++) {
      const { strategy, decisionId } = await choose();
      await note(decisionId, strategy === "pair");
    }
  };
  await play(20);
  const viewer = await tenant.as("viewer");
  const early = await measureDispatch(viewer, {});
  expect(early).toMatchObject({ verdict: "too_few", lift: null });
  expect(early.words).toMatch(/^Too few outcomes/);
  await play(70);
  const late = await measureDispatch(viewer, { capability: "code.patch" });
  expect(late.verdict).toBe("better");
  expect(late.liftLow).toBeGreaterThan(0);
  expect((await measureDispatch(viewer, { capability: "other" })).heldOut).toBe(0);
});

describe("settings", () => {
  test("hold by default, change for admins alone, and the next choice goes by them", async () => {
    const { tenant, choose } = await house();
    const admin = await tenant.as("admin");
    expect(await getDispatchSettings(admin)).toMatchObject({
      settings: { holdOut: 0.1 },
      byDefault: true,
    });
    const supervisor = await tenant.as("supervisor");
    await expect(setDispatchSettings(supervisor, { holdOut: 0 })).rejects.toMatchObject({
      code: "forbidden",
    });
    await expect(setDispatchSettings(admin, { holdOut: 0.9 })).rejects.toMatchObject({
      code: "invalid_input",
    });
    await setDispatchSettings(again(admin), { holdOut: 0, successUsd: 25 });
    const changed = await setDispatchSettings(again(admin), { preferSeconds: 9 });
    expect(changed.settings).toEqual({
      holdOut: 0,
      successUsd: 25,
      hourUsd: 2,
      preferSeconds: 9,
    });
    const choice = await choose();
    expect([choice.heldOut, choice.preferSeconds, choice.numbers.successUsd]).toEqual([
      false,
      9,
      25,
    ]);
  });
});

test("why a step has its agent can be read: meant for it, stolen, or first come", async () => {
  const { tenant, agents, choose } = await house(2);
  const draft = (name: string) => ({ name, kind: "agent" as const, capability: "code.patch" });
  const run = await seedRun(plane.owner, tenant.id, ["a", "b", "c"].map(draft));
  const step = (name: string) => run.steps[name] ?? "";
  const choice = await choose({ runId: run.id, stepId: step("a") });
  const [first] = choice.agents;
  const other = agents.find(({ id }) => id !== first?.agentId);
  const wishes = ["a", "b"].map((name) => ({
    stepId: step(name),
    agentId: first?.agentId ?? "",
  }));
  await worker.transaction().execute((tx) => preferAgents(tx, tenant.id, wishes, 60));
  const took = (name: string, agent: string) =>
    plane.owner.query(
      "insert into attempts (step_id, epoch, tenant_id, run_id, executor) values ($1, 1, $2, $3, $4)",
      [step(name), tenant.id, run.id, agent],
    );
  await took("a", first?.agentId ?? "");
  await took("b", other?.id ?? "");
  await took("c", other?.id ?? "");
  const viewer = await tenant.as("viewer");
  const explained = async (name: string) =>
    explainStepAgent(viewer, { stepId: toId("step", step(name)) });
  expect(await explained("a")).toMatchObject({
    preferred: { name: first?.name },
    attempts: [{ name: first?.name, how: "preferred" }],
    decision: { reason: choice.reason },
  });
  expect((await explained("a")).attempts[0]?.why).toContain("nothing measured yet");
  expect((await explained("b")).attempts).toMatchObject([{ how: "stolen" }]);
  expect(await explained("c")).toMatchObject({ preferred: null, attempts: [{ how: "queue" }] });
  const stranger = await (await plane.tenant()).as("admin");
  await expect(
    explainStepAgent(stranger, { stepId: toId("step", step("a")) }),
  ).rejects.toMatchObject({ code: "not_found" });
});

test("of those who wait, the one whom a step is meant for is woken for it, and no other", async () => {
  const { tenant, agents } = await house(2);
  const bell = createBell(plane.plane.clock);
  const room = waitingRoom(plane.plane, bell);
  const ending = new AbortController();
  const [first, second] = agents.map(({ id }) => id);
  const { rows: keys } = await plane.owner.query<{ id: string; agent: string }>(
    "select id, agent_id as agent from agent_keys where tenant_id = $1",
    [tenant.id],
  );
  const waits = [first, second].map((agentId) =>
    room.wait({
      tenantId: tenant.id,
      agentId: agentId ?? "",
      keyId: keys.find(({ agent }) => agent === agentId)?.id ?? "",
      capabilities: ["code.patch"],
      max: 1,
      since: bell.rings,
      ms: 60_000,
      signal: ending.signal,
    }),
  );
  const run = await seedRun(plane.owner, tenant.id, [
    { name: "a", kind: "agent", capability: "code.patch" },
  ]);
  const wish = { stepId: run.steps["a"] ?? "", agentId: second ?? "" };
  await preferAgents(worker, tenant.id, [wish], 60);
  bell.ring();
  const woken = await Promise.race(waits.map(async (wait, i) => [i, await wait]));
  expect(woken).toEqual([1, "work"]);
  ending.abort();
  expect(await Promise.all(waits)).toEqual(["time", "work"]);
});

test("a worker reads and writes nothing of it but by its functions", async () => {
  const empty = { settlements: [], renewals: [], want: 0, leaseMs: 1_000, handlers: [] };
  await exchange(worker, { ...empty, worker: "w", version: null });
  const asked = sql`select 1 from public.strategy_decisions`.execute(worker);
  await expect(asked).rejects.toThrow(/permission denied/);
});
