import { randomUUID } from "node:crypto";
import { release, renew, reserve, settle } from "@nofx/control/budgets";
import { createTestPlane, type TestPlane, type TestTenant } from "@nofx/control/testing";
import type { BudgetAmounts, BudgetScopes, Refused, ReserveRequest } from "@nofx/core/budgets";
import { createDatabase, createPool } from "@nofx/db/client";
import type { DB } from "@nofx/db/types";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

let plane: TestPlane;
let tenant: TestTenant;
let userId: string;
const pools: { end(): Promise<void> }[] = [];

beforeAll(async () => {
  plane = await createTestPlane();
  tenant = await plane.tenant();
  userId = (await tenant.as("admin")).actor.id;
});
afterAll(async () => {
  await Promise.all(pools.map((pool) => pool.end()));
  await plane[Symbol.asyncDispose]();
});

interface Made {
  scope?: string;
  subject?: string | null;
  model?: string | null;
  measure?: string;
  window?: string;
  limit: number | bigint;
  outcome?: string;
  extra?: number;
  perSeconds?: number;
  burst?: number;
}

async function budget(made: Made, of: TestTenant = tenant): Promise<string> {
  const { rows } = await plane.owner.query<{ id: string }>(
    `insert into budgets (tenant_id, name, scope, subject, model, measure, kind, "window", "limit", per_seconds, burst, outcome, extra,
       created_by, changed_by)
     values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $14) returning id`,
    [
      of.id,
      `b-${randomUUID()}`,
      made.scope ?? "tenant",
      made.subject ?? null,
      made.model ?? null,
      made.measure ?? "usd",
      made.perSeconds === undefined ? "cap" : "rate",
      made.perSeconds === undefined ? (made.window ?? "total") : "rate",
      String(made.limit),
      made.perSeconds ?? null,
      made.burst ?? null,
      made.outcome ?? "stop",
      made.extra ?? 0,
      userId,
    ],
  );
  return rows[0]?.id ?? "";
}

const counter = async (id: string, subject?: string) => {
  const { rows } = await plane.owner.query<{
    used: string;
    reserved: string;
    overrun: string;
    tokens: string | null;
    refusals: number;
    extra: string;
  }>(
    "select used, reserved, overrun, tokens, refusals, extra from budget_counters where budget_id = $1 and subject = coalesce($2, subject) order by starts_at desc limit 1",
    [id, subject ?? null],
  );
  return rows[0];
};

/** Asks in the name of an admin of the tenant, on the plane's own login. */
async function ask(
  amounts: BudgetAmounts,
  more: Partial<ReserveRequest> & {
    scopes?: BudgetScopes;
    of?: TestTenant;
    db?: ReturnType<typeof createDatabase<DB>>;
  } = {},
) {
  const { of = tenant, db = plane.plane.db, ...request } = more;
  const sub = of === tenant ? userId : (await of.as("admin")).actor.id;
  return reserve(
    { db, newUuid: randomUUID, claims: { sub, tenant_id: of.id } },
    { tenantId: of.id, requestKey: randomUUID(), scopes: {}, leaseMs: 60_000, ...request, amounts },
  );
}

const held = async (...given: Parameters<typeof ask>) => {
  const answer = await ask(...given);
  if (answer.outcome !== "reserved") throw new Error(`refused: ${answer.budgetName}`);
  return answer.reservationId;
};
const refused = async (...given: Parameters<typeof ask>): Promise<Refused> => {
  const answer = await ask(...given);
  if (answer.outcome === "reserved") throw new Error("it was reserved");
  return answer;
};

describe("a cap", () => {
  it("is never exceeded by 50 concurrent calls", async () => {
    const of = await plane.tenant();
    const id = await budget({ limit: 1_000n }, of);
    const run = randomUUID();
    const perRun = await budget({ scope: "run", limit: 900n }, of);
    const pool = createPool({
      connectionString: plane.database.url("nofx_web"),
      applicationName: "t",
      max: 50,
    });
    pools.push(pool);
    const db = createDatabase<DB>(pool);
    const answers = await Promise.all(
      Array.from({ length: 50 }, () =>
        ask({ usd: 97n, tokens: 3 }, { of, db, scopes: { runId: run } }),
      ),
    );
    expect(answers.filter(({ outcome }) => outcome === "reserved")).toHaveLength(9);
    expect(await counter(id)).toMatchObject({ used: "0", reserved: "873", refusals: 0 });
    expect(await counter(perRun)).toMatchObject({ used: "0", reserved: "873", refusals: 41 });
  });
});

it("settles", async () => {
  const id = await budget({ limit: 10n });
  const r = await held({ usd: 10n });
  expect(await refused({ usd: 1n })).toMatchObject({
    outcome: "stop",
    used: 0n,
    reserved: 10n,
    limit: 10n,
  });
  expect(await settle(plane.plane, r, { usd: 4n })).toEqual({
    settled: true,
    late: false,
    overrun: {},
  });
  expect(await settle(plane.plane, r, { usd: 9n })).toEqual({
    settled: false,
    late: false,
    overrun: {},
  });
  expect(await counter(id)).toMatchObject({ used: "4", reserved: "0" });
  const b = await held({ usd: 6n });
  expect(await release(plane.plane, b)).toBe(true);
  expect(await renew(plane.plane, b, 1000)).toBe(false);
});
