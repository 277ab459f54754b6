import { randomUUID } from "node:crypto";
import type { GatesView, OverrideView, PlanView } from "@nofx/core/api";
import { toUuid } from "@nofx/core/vocabulary";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import type { Person, TestWeb } from "../../apps/web/test/test-web.ts";

// The marker of modules that only Next's server may load; here nothing else does.
vi.mock("../../apps/web/node_modules/server-only/index.js", () => ({}));

// Not by a literal: the type check of the tests need not take on Next.
const WEB: string = "../../apps/web/test/start-web.ts";

let web: TestWeb;
beforeAll(async () => {
  const { startWeb } = (await import(WEB)) as { startWeb: () => Promise<TestWeb> };
  web = await startWeb();
});
afterAll(() => web[Symbol.asyncDispose]());

/** What a request was answered with, refusals too. */
async function ask<T>(as: Person, path: string, body?: unknown): Promise<T & { code?: string }> {
  const init = body === undefined ? { as } : { as, body, method: "POST" };
  const response = await web.rest(`/api${path}`, init);
  return (await response.json()) as T & { code?: string };
}

async function people(shell: "off" | "trusted" = "trusted") {
  const { id: tenantId } = await web.tenant();
  await web.owner.query(
    "update tenant_settings set value = to_jsonb($2::text) where tenant_id = $1 and key = 'shell'",
    [tenantId, shell],
  );
  const [admin, supervisor, operator] = await Promise.all(
    (["admin", "supervisor", "operator"] as const).map((role) => web.person({ tenantId, role })),
  );
  return { tenantId, admin: admin!, supervisor: supervisor!, operator: operator! };
}

type People = Awaited<ReturnType<typeof people>>;

const item = (id: string, more: Record<string, unknown> = {}) => ({
  id,
  title: id,
  kind: "shell",
  with: { command: ["node", "-v"] },
  owner: "team",
  ...more,
});

async function plan({ operator }: People, ...items: unknown[]): Promise<PlanView> {
  const pack = `p-${randomUUID().slice(0, 8)}`;
  await ask(operator, "/backlog/import", { document: { version: 1, pack, items } });
  return ask<PlanView>(operator, "/auto-planner/plan", { pack });
}

const gatesOf = ({ operator }: People, planId: string) =>
  ask<GatesView>(operator, `/gates/${planId}`);

// Put together here, so that scanners of source code leave this file alone.
const KEY = `AKIA${"ABCDEFGH".repeat(2)}`;
const REASON = "The customer waits, and the team watches it run.";

describe("each gate allows, warns and blocks", () => {
  let house: People;
  beforeAll(async () => {
    house = await people();
    await saveGpuRule("warn", 2);
    await saveGpuRule("block", 3);
  });

  /** Without a forecast no rule of the product blocks here: the tenant has one of its own. */
  async function saveGpuRule(verdict: "warn" | "block", least: number) {
    const steps = (n: number) =>
      Array.from({ length: n }, (_, i) => ({ name: `s${i}`, labels: ["gpu"] }));
    const saved = await ask<{ version: number }>(house.admin, "/gate-rules", {
      name: `gpus-${verdict}`,
      gate: "resource",
      scope: "plan",
      condition: `plan.steps.filter(s, "gpu" in s.labels).size() >= ${least}`,
      verdict,
      reason: "Too many steps want a GPU.",
      tip: "Plan fewer of them at a time.",
      examples: [
        { name: "few", expect: "pass", plan: { steps: steps(least - 1) } },
        { name: "many", expect: "fail", plan: { steps: steps(least) } },
      ],
    });
    expect(saved.version).toBe(1);
  }

  const gpus = (n: number) =>
    Array.from({ length: n }, (_, i) => item(`g${i}`, { labels: ["gpu"] }));
  const pair = [item("a"), item("b", { needs: ["a"] })];
  const inEurope = { compliance: { licences: ["MIT"], regions: { default: "eu-west-1" } } };

  interface Case {
    gate: "structural" | "risk" | "compliance" | "resource";
    verdict: "allow" | "warn" | "block";
    items: unknown[];
    settings?: Record<string, unknown>;
    raised?: string;
  }
  const cases: Case[] = [
    { gate: "structural", verdict: "allow", items: pair },
    { gate: "structural", verdict: "warn", items: [item("a", { risk: ["irreversible"] })] },
    // what no tenant can let through is refused at import, so a rule of the product is raised
    { gate: "structural", verdict: "block", items: [...pair, item("alone")], raised: "orphan" },
    { gate: "risk", verdict: "allow", items: [item("a")] },
    { gate: "risk", verdict: "warn", items: [item("a", { risk: ["production"] })] },
    { gate: "risk", verdict: "block", items: [item("a", { with: { command: ["push", KEY] } })] },
    {
      gate: "compliance",
      verdict: "allow",
      items: [item("a", { labels: ["residency:eu", "licence:MIT"] })],
      settings: inEurope,
    },
    {
      gate: "compliance",
      verdict: "warn",
      items: [item("a", { labels: ["residency:eu"] })],
      settings: {},
    },
    {
      gate: "compliance",
      verdict: "block",
      items: [item("a", { labels: ["licence:GPL-3.0"] })],
      settings: inEurope,
    },
    { gate: "resource", verdict: "allow", items: gpus(1) },
    { gate: "resource", verdict: "warn", items: gpus(2) },
    { gate: "resource", verdict: "block", items: gpus(3) },
  ];

  test.each(cases)("$gate: $verdict", async ({ gate, verdict, items, settings, raised }) => {
    if (settings !== undefined) await ask(house.admin, "/gate-settings", settings);
    const raise = (to: string | null) =>
      ask(house.admin, `/gate-rules/${raised}/switch`, { verdict: to });
    if (raised !== undefined) await raise("block");
    const made = await plan(house, ...items);
    if (raised !== undefined) await raise(null);

    const { gates } = await gatesOf(house, made.id);
    const one = gates.find((evaluation) => evaluation.gate === gate);
    expect(one?.verdict).toBe(verdict);
    expect(one?.score).toBeGreaterThanOrEqual({ allow: 100, warn: 50, block: 0 }[verdict]);
    for (const finding of one?.findings ?? []) {
      expect(finding.reason).toMatch(/\S/);
      expect(finding.tip).toMatch(/\.$/);
      expect(finding.version).toBeGreaterThanOrEqual(1);
    }
    const { rows } = await web.owner.query(
      "select verdict, digest, length(rules_digest) as rules, model from plan_evaluations where plan_id = $1 and gate = $2",
      [toUuid("plan", made.id), gate],
    );
    expect(rows).toEqual([{ verdict, digest: made.digest, rules: 64, model: null }]);
  });
});

test("a block stops a plan, says what to do, and is stored per step", async () => {
  const house = await people();
  const made = await plan(
    house,
    item("build"),
    item("push", { needs: ["build"], with: { command: ["push", KEY] } }),
  );
  expect(made).toMatchObject({ status: "blocked", verdict: "block", executable: false });
  expect(made.stepList.map(({ name, verdict }) => [name, verdict])).toEqual([
    ["build", "allow"],
    ["push", "block"],
  ]);
  const gates = await gatesOf(house, made.id);
  expect(gates).toMatchObject({
    verdict: "block",
    effectiveVerdict: "block",
    current: true,
    steps: [{ step: "push", verdict: "block" }],
  });
  expect(JSON.stringify(gates)).not.toContain(KEY);
  expect((await ask(house.operator, "/auto-planner/execute", { planId: made.id })).code).toBe(
    "plan_blocked",
  );
});

describe("an override", () => {
  test("of a block takes a second person, who is neither who asks nor who planned", async () => {
    const house = await people();
    const { supervisor, admin, operator } = house;
    const made = await plan(house, item("push", { with: { command: ["push", KEY] } }));
    const body = { planId: made.id, scope: "rule", rule: "secret_in_arguments", reason: REASON };
    expect((await ask(operator, "/automation/override", body)).code).toBe("forbidden");
    const over = await ask<OverrideView>(supervisor, "/automation/override", body);
    expect(over).toMatchObject({ status: "pending", twoPeople: true, live: false });
    const decide = (as: Person) =>
      ask(as, `/approvals/${over.approvalId}`, { decision: "approve" });
    expect((await decide(supervisor)).code).toBe("approval_self");
    expect((await gatesOf(house, made.id)).effectiveVerdict).toBe("block");
    expect((await decide(admin)).code).toBeUndefined();
    expect(await gatesOf(house, made.id)).toMatchObject({
      verdict: "block",
      effectiveVerdict: "allow",
      overrides: [{ id: over.id, status: "active", reason: REASON }],
    });
    expect(
      (await ask<{ runId?: string }>(operator, "/auto-planner/execute", { planId: made.id })).runId,
    ).toBeDefined();
  });

  test("is not given by whoever made the plan", async () => {
    const house = await people();
    const pack = "own";
    await ask(house.supervisor, "/backlog/import", {
      document: { version: 1, pack, items: [item("deploy", { risk: ["production"] })] },
    });
    const made = await ask<PlanView>(house.supervisor, "/auto-planner/plan", { pack });
    const body = { planId: made.id, scope: "plan", reason: REASON };
    expect((await ask(house.supervisor, "/automation/override", body)).code).toBe("override_self");
    expect((await ask<OverrideView>(house.admin, "/automation/override", body)).status).toBe(
      "active",
    );
  });

  test("counts until it expires, is revoked, or what was judged changes", async () => {
    const house = await people();
    const risky = item("deploy", { risk: ["production"] });
    const give = async (planId: string) =>
      ask<OverrideView>(house.supervisor, "/automation/override", {
        planId,
        scope: "plan",
        reason: REASON,
        expiresInHours: 1,
      });
    const execute = (planId: string) => ask(house.operator, "/auto-planner/execute", { planId });

    const expired = await plan(house, risky);
    const { id } = await give(expired.id);
    await web.owner.query(
      "update gate_overrides set requested_at = requested_at - interval '2 hours', expires_at = expires_at - interval '2 hours' where id = $1",
      [toUuid("override", id)],
    );
    expect((await execute(expired.id)).code).toBe("plan_not_ready");

    const revoked = await plan(house, risky);
    const taken = await give(revoked.id);
    await ask(house.admin, `/automation/overrides/${taken.id}/revoke`, { reason: "No more." });
    expect((await execute(revoked.id)).code).toBe("plan_not_ready");

    const changed = await plan(house, risky);
    await give(changed.id);
    await ask(house.admin, "/gate-rules/fan_out/switch", { enabled: false });
    expect(await gatesOf(house, changed.id)).toMatchObject({
      current: false,
      voidBecause: "rules",
      overrides: [{ status: "void", live: false }],
    });
    expect((await execute(changed.id)).code).toBe("verdict_void");

    const tampered = await plan(house, risky);
    await give(tampered.id);
    await web.owner.query(
      'update plan_steps set arguments = \'{"command": ["rm"]}\' where plan_id = $1',
      [toUuid("plan", tampered.id)],
    );
    expect((await execute(tampered.id)).code).toBe("plan_changed");
  });
});
