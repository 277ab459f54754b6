import { seedRun, seedTenant } from "@nofx/db/testing";
import { afterEach, beforeEach, expect, test } from "vitest";
import { startEngine, type Engine } from "./harness.ts";

let engine: Engine;
beforeEach(async () => {
  engine = await startEngine();
});
afterEach(() => engine[Symbol.asyncDispose]());

const LANES = 1_852_796_536;
const takeLanes = `select pg_advisory_xact_lock(${LANES}, lane) from generate_series(0, $1 - 1) lane`;

test.each([7, 8])("with %d of 8 lanes taken a claim goes on", async (taken) => {
  const tenant = await seedTenant(engine.owner);
  const run = await seedRun(engine.owner, tenant.id, [{ name: "a" }]);
  const holder = await engine.owner.connect();
  try {
    await holder.query("begin");
    await holder.query(takeLanes, [taken]);
    expect(await engine.claim()).toMatchObject([{ run_id: run.id }]);
  } finally {
    await holder.query("rollback");
    holder.release();
  }
});

test("a claim leaves its lane with its transaction", async () => {
  await engine.claim();
  const { rows } = await engine.owner.query("select from pg_locks where classid = $1", [LANES]);
  expect(rows).toEqual([]);
});
