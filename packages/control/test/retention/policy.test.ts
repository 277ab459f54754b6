import { getRetention, setRetention } from "@nofx/control/retention";
import { again, createTestPlane, type TestPlane } from "@nofx/control/testing";
import { afterAll, beforeAll, expect, test } from "vitest";
import { refusal } from "../fixtures.ts";

let t: TestPlane;
beforeAll(async () => {
  t = await createTestPlane();
});
afterAll(() => t[Symbol.asyncDispose]());

const PLANE = { archiveAfterSeconds: 604_800, deleteAfterDays: 365, eventsAfterDays: 365 };

test("the plane's policy holds until a tenant says otherwise; what is left out stays; each change is audited", async () => {
  const tenant = await t.tenant();
  const admin = await tenant.as("admin");
  expect(await getRetention(admin)).toEqual({ ...PLANE, own: {}, plane: PLANE });
  await setRetention(again(admin), { archiveAfterSeconds: 60 });
  const set = await setRetention(again(admin), { deleteAfterDays: null });
  const own = { archiveAfterSeconds: 60, deleteAfterDays: null };
  expect(set).toEqual({ ...PLANE, ...own, own, plane: PLANE });
  expect(await getRetention(admin)).toEqual(set);
  expect(await getRetention(await (await t.tenant()).as("viewer"))).toMatchObject({ own: {} });
  const reset = await setRetention(again(admin), { reset: true, eventsAfterDays: 7 });
  expect(reset).toMatchObject({ archiveAfterSeconds: 604_800, own: { eventsAfterDays: 7 } });
  const { rows } = await t.owner.query(
    "select body::jsonb as body from audit_log where tenant_id = $1 and verb = 'setting.changed' order by seq",
    [tenant.id],
  );
  expect(rows.map(({ body }) => body)).toEqual([
    { key: "retention", value: { archive_after_seconds: 60 } },
    { key: "retention", value: { archive_after_seconds: 60, delete_after_days: null } },
    { key: "retention", value: { events_after_days: 7 } },
  ]);
  // the engine goes by the same
  const { rows: due } = await t.owner.query(
    `select archive_before > clock_timestamp() - interval '8 days' as archives, events_before > clock_timestamp() - interval '8 days' as events
     from engine.retention() where tenant_id = $1`,
    [tenant.id],
  );
  expect(due).toEqual([{ archives: true, events: true }]);
});

test("only admins set it, and only what makes sense", async () => {
  const tenant = await t.tenant();
  const asked = setRetention(again(await tenant.as("supervisor")), { archiveAfterSeconds: 1 });
  expect((await refusal(asked)).code).toBe("forbidden");
  const admin = await tenant.as("admin");
  for (const wrong of [
    { archiveAfterSeconds: -1 },
    { deleteAfterDays: 0 },
    { eventsAfterDays: 1.5 },
    { archiveAfterSeconds: 200_000, deleteAfterDays: 1 },
    { archiveAfterSeconds: null },
  ]) {
    expect((await refusal(setRetention(again(admin), wrong))).code).toBe("invalid_input");
  }
  expect(await getRetention(admin)).toMatchObject({ own: {} });
});
