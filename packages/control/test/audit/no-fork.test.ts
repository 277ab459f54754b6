import { createPlane, type Plane } from "@nofx/control/command";
import { setRetention } from "@nofx/control/retention";
import { createWorkerEngine } from "@nofx/control/steps";
import { again, createTestPlane, type TestPlane } from "@nofx/control/testing";
import { verifyExport } from "@nofx/core/audit";
import { afterAll, beforeAll, expect, test } from "vitest";
import { exportLines, keys, signAll } from "./fixtures.ts";

const PROVE = process.env["PROVE"] === "1";
const CLIENTS = PROVE ? 30 : 10;
const WRITES = PROVE ? 1_000 : 100;

let t: TestPlane;
let plane: Plane;
beforeAll(async () => {
  t = await createTestPlane();
  plane = createPlane(
    {
      DATABASE_URL: t.database.url("nofx_web"),
      SUPABASE_URL: "http://127.0.0.1:9",
      SUPABASE_ANON_KEY: "none",
      SUPABASE_JWT_SECRET: "none",
    },
    { applicationName: "many", max: CLIENTS },
  );
});
afterAll(async () => {
  await plane.close();
  await t[Symbol.asyncDispose]();
});

test(`${WRITES} entries from ${CLIENTS} clients, some of which fail, and a signer in between: one chain, no gap`, async () => {
  const admin = { ...(await (await t.tenant()).as("admin")), plane };
  const engine = createWorkerEngine({
    connectionString: t.database.url("nofx_worker"),
    worker: "w1",
  });
  let left = WRITES;
  let refused = 0;
  const write = async (): Promise<void> => {
    while (left > 0) {
      const n = left--;
      await setRetention(again(admin), { eventsAfterDays: (n % 900) + 1 });
      // one that fails takes its entry with it
      if (n % 10 === 0) {
        const wrong = { archiveAfterSeconds: 900_000, deleteAfterDays: 1 };
        await setRetention(again(admin), wrong).catch(() => (refused += 1));
        // another may have been elected meanwhile
        await signAll(t, engine).catch(() => undefined);
      }
    }
  };
  await Promise.all(Array.from({ length: CLIENTS }, write));
  await signAll(t, engine);
  await engine.close();
  expect(refused).toBe(WRITES / 10);
  const found = verifyExport(await exportLines(admin), { sha256: t.plane.sha256, keys });
  expect(found).toMatchObject({ ok: true, checked: { entries: WRITES, signedTo: WRITES } });
  const { rows } = await t.owner.query(
    "select count(*)::integer as n, count(distinct prev_hash)::integer as parents, max(seq) as last from audit_log where tenant_id = $1 and verb = 'setting.changed'",
    [admin.tenantId],
  );
  expect(rows).toEqual([{ n: WRITES, parents: WRITES, last: WRITES }]);
});
