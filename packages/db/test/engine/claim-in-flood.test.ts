import type { ClaimCursor } from "@nofx/db/leases";
import { createTestDatabase, seedTenant, type TestDatabase } from "@nofx/db/testing";
import pg from "pg";
import { afterAll, beforeAll, expect, test } from "vitest";
import { PlanWatch } from "./watch-plans.ts";

const FLOOD = 10_000;
/** Of the index of what can be claimed, a look for one group; all of the flood's entries are on more than a hundred. */
const MOST_PAGES = 12;

let database: TestDatabase;
let plans: PlanWatch;
let flooding: string;
let other: string;
beforeAll(async () => {
  database = await createTestDatabase();
  plans = new PlanWatch(database.adminUrl);
  await plans.start();
  // ended by the drop, which it need not hear of
  const owner = new pg.Pool({ connectionString: database.adminUrl, max: 1 });
  owner.on("error", () => {});
  flooding = (await seedTenant(owner)).id;
  other = (await seedTenant(owner)).id;
  for (const [tenant, count] of [
    [flooding, FLOOD],
    [other, 60],
  ] as const) {
    await plans.run(
      `select engine.enqueue($1, (
         select jsonb_agg(jsonb_build_object('kind', 'http', 'kind_version', 1, 'executor', 'worker', 'title', 't', 'token', 't',
           'arguments', '{}'::jsonb)) from generate_series(1, $2::int)), 'member', 'x', $1)`,
      [tenant, count],
    );
  }
  await owner.query("vacuum analyze steps");
  await owner.end();
});
afterAll(async () => {
  await plans.end();
  await database.drop();
});

test("a claim behind its last one reads nothing of what else the tenant has queued", async () => {
  let cursor: ClaimCursor | null = null;
  const wants = [10, 10, 10, 1, 10];
  for (const want of wants) {
    const { value, nodes } = await exchange(want, { cursor });
    cursor = value.cursor;
    expect(value.claimed).toHaveLength(want);
    expect(pagesOfLooks(nodes)).toBeLessThanOrEqual(MOST_PAGES);
  }
});

test("of many workers, one goes on where any other's claim ended, and steps over nothing", async () => {
  const shared = { tenants: [flooding], fresh_ms: 8_000 };
  const { value: first } = await exchange(10, shared);
  let cursor: ClaimCursor | null = null;
  for (let i = 0; i < 10; i++) {
    ({
      value: { cursor },
    } = await exchange(200, { ...shared, cursor }));
  }
  const near = await exchange(10, { ...shared, cursor: first.cursor });
  expect(near.value.claimed).toHaveLength(10);
  // the same, by one that others tell nothing
  const far = await exchange(10, { tenants: [flooding], cursor: first.cursor });
  expect(pagesOfLooks(near.nodes)).toBeLessThanOrEqual(MOST_PAGES);
  expect(pagesOfLooks(far.nodes)).toBeGreaterThan(5 * MOST_PAGES);
});

test("what is claimed of a flood is not stepped over when others had their turn", async () => {
  let cursor: ClaimCursor | null = null;
  for (let i = 0; i < 20; i++) {
    ({
      value: { cursor },
    } = await exchange(300, { tenants: [flooding], cursor }));
  }
  for (const route of [{}, { not: [flooding] }]) {
    // as after a turn of the other
    const { value, nodes } = await exchange(1, { ...route, cursor: { ...cursor, after: other } });
    expect(value.claimed).toHaveLength(1);
    expect(pagesOfLooks(nodes)).toBeLessThanOrEqual(MOST_PAGES);
  }
});

test("a claim of all tenants but one reads nothing of what that one has queued", async () => {
  const { value: last } = await exchange(10, { tenants: [flooding] });
  const { value, nodes } = await exchange(5, { not: [flooding], cursor: last.cursor });
  expect(value.claimed.every(({ tenant_id }) => tenant_id !== flooding)).toBe(true);
  expect(pagesOfLooks(nodes)).toBeLessThanOrEqual(MOST_PAGES);
});

const exchange = (want: number, route: object) =>
  plans.run<{ claimed: { tenant_id: string }[]; cursor: ClaimCursor | null }>(
    "select engine.exchange('w', null, '{http@1}', '[]', '[]', $1, 60000, $2::jsonb) as value",
    [want, JSON.stringify(route)],
  );

function pagesOfLooks(nodes: Awaited<ReturnType<PlanWatch["run"]>>["nodes"]): number {
  const looks = nodes.filter(({ index, loops }) => index === "steps_claim_worker" && loops > 0);
  expect(looks.length).toBeGreaterThan(1);
  return Math.max(...looks.map(({ pages }) => pages));
}
