import { afterAll, beforeAll, describe, expect, test } from "vitest";
import {
  announcedArtifact,
  appendLogs,
  beginArtifact,
  checkpoint,
  finishArtifact,
  reclaim,
  renew,
  requestApproval,
  settle,
  type Claim,
  type EngineDb,
  type Executor,
} from "@nofx/db/leases";
import { seedRun, seedTenant } from "@nofx/db/testing";
import { done, failed, LEASE_MS, refusal, released, startEngine, type Engine } from "./harness.ts";

let engine: Engine;
beforeAll(async () => {
  engine = await startEngine();
});
afterAll(() => engine[Symbol.asyncDispose]());

const W1 = { type: "worker", owner: "w1", tenantId: null } as const satisfies Executor;
const file = { name: "a.txt", contentType: "text/plain", size: 1, sha256: "0".repeat(64) };
const line = { seq: 0, at: "2026-01-01T00:00:00Z", stream: "log", text: "x" } as const;
const question = {
  name: "q",
  title: "q",
  question: "?",
  why: "test",
  arguments: {},
  argumentsDigest: "d",
  requester: "w1",
  expiresMs: 60_000,
};

/** Every verb, and how each says no. */
const VERBS: Record<string, (db: EngineDb, claim: Claim) => Promise<unknown>> = {
  "settle succeeded": async (db, c) =>
    (await settle(db, W1, [done({ id: c.stepId, epoch: c.epoch })])).results[0]?.result,
  "settle failed": async (db, c) =>
    (await settle(db, W1, [failed({ id: c.stepId, epoch: c.epoch })])).results[0]?.result,
  "settle released": async (db, c) =>
    (await settle(db, W1, [released({ id: c.stepId, epoch: c.epoch })])).results[0]?.result,
  renew: async (db, c) => ((await renew(db, W1, [c], LEASE_MS))[0]?.held ? "held" : "stale"),
  checkpoint: (db, c) => refusal(checkpoint(db, c, "x", 1)),
  "append logs": (db, c) => refusal(appendLogs(db, c, [line])),
  "begin artifact": (db, c) => refusal(beginArtifact(db, c, file)),
  "announced artifact": (db, c) => refusal(announcedArtifact(db, c, c.stepId)),
  "finish artifact": (db, c) => refusal(finishArtifact(db, c, c.stepId)),
  "request approval": (db, c) => refusal(requestApproval(db, c, question)),
};

async function claimOne(): Promise<Claim> {
  const tenant = await seedTenant(engine.owner);
  const run = await seedRun(engine.owner, tenant.id, [{ name: "one" }]);
  const claimed = await engine.claim("w1");
  const step = claimed.find((candidate) => candidate.id === run.steps["one"]);
  return { stepId: step!.id, epoch: step!.epoch, tenantId: null };
}

async function claimAgain(stale: Claim) {
  const current = (await engine.claim("w1")).find((step) => step.id === stale.stepId);
  expect(current).toMatchObject({ epoch: stale.epoch + 1 });
  return current!;
}

async function traces(stepId: string): Promise<unknown> {
  const { rows } = await engine.owner.query(
    `select s.status, s.epoch, s.failures, s.output,
       (select count(*) from checkpoints where step_id = s.id) as checkpoints,
       (select count(*) from step_logs where step_id = s.id) as logs,
       (select count(*) from artifacts where step_id = s.id) as artifacts,
       (select count(*) from approvals where step_id = s.id) as approvals,
       (select count(*) from events where type <> 'step.refused' and payload::text like '%' || s.id || '%') as events
     from steps s where s.id = $1`,
    [stepId],
  );
  return rows[0];
}

describe.each(Object.entries(VERBS))("%s", (_name, verb) => {
  test("of an older epoch is refused and leaves no trace", async () => {
    const stale = await claimOne();
    await engine.lapse(stale.stepId);
    await reclaim(engine.worker, 100);
    const current = await claimAgain(stale);
    const before = await traces(stale.stepId);
    expect(["stale", "NX001"]).toContain(await verb(engine.worker, stale));
    expect(await traces(stale.stepId)).toEqual(before);
    await engine.settle([done(current)]);
  });

  test("of a lapsed lease is refused, by the clock and not by the time a transaction began", async () => {
    const claim = await claimOne();
    const before = await traces(claim.stepId);
    let answer: unknown;
    await engine.worker
      .transaction()
      .execute(async (tx) => {
        await settle(tx, W1, []);
        await engine.lapse(claim.stepId);
        answer = await verb(tx, claim);
      })
      .catch(() => {
        // a verb that throws ends the transaction with it
      });
    expect(["stale", "NX001"]).toContain(answer);
    expect(await traces(claim.stepId)).toEqual(before);
  });

  test("of the current epoch is accepted", async () => {
    const claim = await claimOne();
    const answer = await verb(engine.worker, claim);
    expect(["stale", "NX001"]).not.toContain(answer);
  });
});

test("a stale and a current claim of one step in one batch do not mix", async () => {
  const stale = await claimOne();
  await engine.lapse(stale.stepId);
  await reclaim(engine.worker, 100);
  const current = await claimAgain(stale);
  const { settled } = await engine.settle([
    failed({ id: stale.stepId, epoch: stale.epoch }),
    done(current, { ok: true }),
  ]);
  expect(settled.results.map((row) => row.result)).toEqual(["stale", "settled"]);
  expect(await engine.step(stale.stepId)).toMatchObject({
    status: "succeeded",
    failures: 0,
    output: { ok: true },
  });
});

test("a batch settles exactly what is still owned", async () => {
  const tenant = await seedTenant(engine.owner);
  await seedRun(
    engine.owner,
    tenant.id,
    Array.from({ length: 50 }, (_, i) => ({ name: `s${i}` })),
  );
  const claimed = (await engine.claim("w1")).filter((step) => step.tenant_id === tenant.id);
  const lost = new Set(claimed.filter((_, i) => i % 2 === 0).map((step) => step.id));
  for (const id of lost) await engine.lapse(id);
  const { settled } = await engine.settle(claimed.map((step) => done(step)));
  for (const row of settled.results)
    expect(row.result).toBe(lost.has(row.step_id) ? "stale" : "settled");
  const { rows } = await engine.owner.query(
    "select id from steps where tenant_id = $1 and status = 'succeeded'",
    [tenant.id],
  );
  expect(rows).toHaveLength(25);
});

test("settling twice answers the same and counts once", async () => {
  const claim = await claimOne();
  const step = { id: claim.stepId, epoch: claim.epoch };
  const first = await engine.settle([failed(step, 0)]);
  const second = await engine.settle([failed(step, 0)]);
  expect([first, second].map((answer) => answer.settled.results[0]?.result)).toEqual([
    "settled",
    "settled",
  ]);
  expect(await engine.step(claim.stepId)).toMatchObject({ failures: 1, status: "queued" });
});

test("what came too late is noted on its attempt, once, and told", async () => {
  const stale = await claimOne();
  await engine.lapse(stale.stepId);
  await reclaim(engine.worker, 100);
  const late = done({ id: stale.stepId, epoch: stale.epoch });
  for (const _ of [1, 2]) {
    expect((await engine.settle([late])).settled.results).toMatchObject([
      { result: "stale", reason: "lost" },
    ]);
  }
  const { rows } = await engine.owner.query(
    `select a.outcome, a.refused_outcome, a.refused_at is not null as refused,
       (select count(*)::int from events where type = 'step.refused' and payload ->> 'step_id' = $1) as told
     from attempts a where a.step_id = $1::uuid`,
    [stale.stepId],
  );
  expect(rows).toEqual([{ outcome: "lost", refused_outcome: "succeeded", refused: true, told: 1 }]);
});
