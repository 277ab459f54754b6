import {
  exportAudit,
  getAuditHead,
  getSnapshot,
  listSnapshots,
  makeSigningKey,
  readAuditExport,
  readAuditKeys,
  readSigningKey,
  requestDigest,
} from "@nofx/control/audit";
import { importBacklog } from "@nofx/control/backlog";
import { createPlan, executePlan } from "@nofx/control/plans";
import { system } from "@nofx/control/seams";
import { createWorkerEngine, type WorkerEngine } from "@nofx/control/steps";
import { again, createTestPlane, type TestPlane } from "@nofx/control/testing";
import { checkDigest, verifyExport, writeLine } from "@nofx/core/audit";
import { startTestStack, until, type TestStack } from "@nofx/db/testing";
import { afterAll, beforeAll, expect, test } from "vitest";
import { auditLoop } from "../src/audit/audit-loop.ts";
import { findSigningKey } from "../src/audit/find-signing-key.ts";
import { createMetrics } from "../src/metrics.ts";

const pair = makeSigningKey();
const keys = readAuditKeys([pair.publicKey]);
let stack: TestStack;
let t: TestPlane;
let engine: WorkerEngine;
beforeAll(async () => {
  stack = await startTestStack();
  t = await createTestPlane({
    url: stack.gatewayUrl,
    anonKey: stack.keys.publishableKey,
    jwtSecret: stack.keys.jwtSecret,
    database: stack.database,
  });
  engine = createWorkerEngine({
    connectionString: stack.database.url("nofx_worker"),
    worker: "w1",
  });
});
afterAll(async () => {
  await engine.close();
  await t[Symbol.asyncDispose]();
  await stack.stop();
});

/** The loop of a worker, without its pauses. */
function start(intervalSeconds: number) {
  const ending = new AbortController();
  const errors: unknown[] = [];
  const clock = {
    ...system.clock,
    sleep: (_: number, signal?: AbortSignal) => system.clock.sleep(5, signal),
  };
  const ports = {
    connectionString: stack.database.url("nofx_worker"),
    engine,
    storage: t.plane.storage,
    seams: { ...system, clock },
    metrics: createMetrics(),
    key: readSigningKey(pair.privateKey),
    intervalSeconds,
  };
  const running = auditLoop(ports, ending.signal, (error) => errors.push(error));
  return {
    errors,
    async stop() {
      ending.abort();
      await running;
    },
  };
}

test("decisions are signed and shipped, snapshots go to storage, and an export of it all is verified", async () => {
  const tenant = await t.tenant();
  const operator = await tenant.as("operator");
  const supervisor = await tenant.as("supervisor");
  const step = { id: "a", title: "a", kind: "shell", with: { script: ":" }, owner: "team" };
  await importBacklog(operator, { document: { version: 1, pack: "p", items: [step] } });
  const plan = await createPlan(again(operator), { pack: "p" });
  await executePlan(again(operator), { planId: plan.id });

  const kept = await listSnapshots(operator, { planId: plan.id });
  expect(kept.items.map((one) => one.kind)).toEqual(["judged", "executed"]);
  const judged = kept.items[0]?.digest ?? "";
  const { text } = await getSnapshot(operator, { digest: judged });
  expect(t.plane.sha256(text)).toBe(judged);
  expect(JSON.parse(text)).toMatchObject({
    format: "nofx.snapshot.v1",
    plan: { digest: plan.digest },
    steps: [{ name: "a", arguments: { script: ":" } }],
    verdicts: expect.arrayContaining([expect.objectContaining({ gate: "risk" })]),
  });
  const bodies = await t.owner.query(
    "select body from audit_log where tenant_id = $1 and verb = 'snapshot.taken'",
    [tenant.id],
  );
  expect(bodies.rows.map((row) => JSON.parse(row.body).digest)).toContain(judged);

  const loop = start(3_600);
  try {
    await until("a digest is signed and shipped", async () => {
      const { rowCount } = await t.owner.query(
        "select from audit_digests where tenant_id = $1 and shipped_at is not null",
        [tenant.id],
      );
      return rowCount === 1;
    });
    await until("snapshots are in storage", async () =>
      (await listSnapshots(operator, { planId: plan.id })).items.every((one) => one.stored),
    );
    expect((await getSnapshot(operator, { digest: judged })).text).toBe(text);
    const { rows } = await t.owner.query("select body from audit_snapshots where digest = $1", [
      judged,
    ]);
    expect(rows).toEqual([{ body: null }]);

    // an hour has not gone by, but somebody asks
    await requestDigest(again(supervisor), {});
    await until("the second one", async () => (await head())?.n === 2);
    // and then one has
    await t.owner.query("update audit_digests set at = at - interval '2 hours'");
    await until("the third one", async () => (await head())?.n === 3);
    expect(await head()).toMatchObject({ count: 0, from: 7, to: 6 });
  } finally {
    await loop.stop();
  }
  expect(loop.errors).toEqual([]);

  const digest = await head();
  const file = await t.plane.storage
    .forTenant(tenant.id)
    .get("digests", `${tenant.id}/0000000003.json`);
  expect(JSON.parse(Buffer.from(file ?? []).toString())).toEqual(digest);
  // this test moved their instants, so of these two the signatures no longer hold
  await t.owner.query("update audit_digests set at = at + interval '2 hours' where n < 3");
  expect(digest && checkDigest(digest, keys)).toBeUndefined();

  const { lines, told } = await exported();
  const found = verifyExport(lines, { sha256: t.plane.sha256, keys, head: digest });
  expect(found).toMatchObject({
    ok: true,
    checked: { entries: told.to, digests: 3, signedTo: 6 },
  });

  async function head() {
    return (await getAuditHead(operator)).digest ?? undefined;
  }
  async function exported() {
    const made = await exportAudit(again(supervisor), {});
    const { tenant: of, from, to, kids } = made;
    const written = [
      writeLine({ type: "header", format: "nofx.audit.export.v1", tenant: of, from, to, kids }),
    ];
    let entries = 0;
    let digests = 0;
    for (let after: number | null | undefined; after !== null;) {
      // pages of two, so that digests fall between them
      const page = await readAuditExport(supervisor, {
        ...made,
        limit: 2,
        ...(after !== undefined && { after }),
      });
      written.push(...page.lines);
      entries += page.entries;
      digests += page.digests;
      after = page.after;
    }
    written.push(writeLine({ type: "end", entries, digests }));
    return { lines: written, told: made };
  }
});

test("a key that cannot be read is said at the start; without one nothing is signed", () => {
  expect(findSigningKey({})).toBeUndefined();
  const oneLine = pair.privateKey.replaceAll("\n", "\\n");
  expect(findSigningKey({ NOFX_AUDIT_SIGNING_KEY: oneLine })?.kid).toBe([...keys.keys()][0]);
  expect(() => findSigningKey({ NOFX_AUDIT_SIGNING_KEY_FILE: "/nowhere/key.pem" })).toThrow(
    /NOFX_AUDIT_SIGNING_KEY_FILE is no private Ed25519 key/,
  );
});
