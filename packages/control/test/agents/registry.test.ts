import {
  authenticateAgent,
  countAgentFacets,
  createAgent,
  drainAgent,
  getAgent,
  issueAgentKey,
  listAgents,
  quarantineAgent,
  resumeAgent,
  retireAgent,
  updateAgent,
} from "@nofx/control/agents";
import { again, createTestPlane, type TestPlane, type TestTenant } from "@nofx/control/testing";
import type { MemberContext } from "@nofx/control/command";
import { toUuid } from "@nofx/core/vocabulary";
import { seedRun } from "@nofx/db/testing";
import { claimSteps } from "@nofx/control/steps";
import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { agentApi, agentStep } from "./harness.ts";

let planes: TestPlane;
beforeAll(async () => {
  planes = await createTestPlane();
});
afterAll(() => planes[Symbol.asyncDispose]());

const PATCHER = { name: "patcher", capabilities: ["code.patch"] };

async function held(tenant: TestTenant) {
  const ctx = await tenant.as("supervisor");
  await createAgent(ctx, PATCHER);
  const { key } = await issueAgentKey(again(ctx), { agentId: "patcher" });
  const api = agentApi(planes.plane, key ?? "");
  await seedRun(planes.owner, tenant.id, [agentStep("one"), agentStep("two")]);
  return { ctx, api, key };
}

describe("what the registry says of an agent", () => {
  test("is made, changed and shown; who made it owns it", async () => {
    const tenant = await planes.tenant();
    const ctx = await tenant.as("supervisor");
    const made = await createAgent(ctx, {
      ...PATCHER,
      tags: ["code"],
      team: "red",
      maxConcurrency: 3,
      capabilities: [
        {
          capability: "code.patch",
          title: "Patches",
          proficiencyLevel: 0.8,
          resourceRequirements: { memoryMb: 512 },
          averageLatencyMs: 2_000,
          successRate: 0.9,
          costPerOperation: 0.02,
        },
        "code.review",
      ],
    });
    expect(made).toMatchObject({ owner: { id: ctx.actor.id }, status: "active", revision: 1 });
    const changed = await updateAgent(again(ctx), {
      agentId: made.id,
      revision: 1,
      description: "Repairs",
      team: null,
    });
    expect(changed).toMatchObject({ description: "Repairs", team: null, tags: ["code"] });
    const detail = await getAgent(await tenant.as("viewer"), { agentId: "patcher" });
    expect(detail).toMatchObject({
      maxConcurrency: 3,
      breaker: { enabled: true, open: false },
      capabilityDetails: [
        {
          capability: "code.patch",
          title: "Patches",
          declared: {
            proficiencyLevel: expect.closeTo(0.8, 5),
            resourceRequirements: { memoryMb: 512 },
            successRate: 0.9,
            averageLatencyMs: 2_000,
            costPerOperation: 0.02,
          },
          measured: null,
          believed: { successRate: 0.9 },
          evidence: { samples: 0, since: null },
        },
        { capability: "code.review", declared: { successRate: null }, believed: {} },
      ],
    });
  });

  test("is changed by one of two who looked at the same, and made once under a name", async () => {
    const tenant = await planes.tenant();
    const ctx = await tenant.as("supervisor");
    await createAgent(ctx, PATCHER);
    await expect(createAgent(again(ctx), PATCHER)).rejects.toMatchObject({ code: "conflict" });
    const edit = { agentId: "patcher", revision: 1, description: "x" };
    await updateAgent(again(ctx), edit);
    await expect(updateAgent(again(ctx), edit)).rejects.toMatchObject({ code: "conflict" });
    await expect(
      updateAgent(again(ctx), { agentId: "patcher", capabilities: ["a", "a"] }),
    ).rejects.toMatchObject({ code: "invalid_input" });
  });

  test("is for supervisors to change, and unknown in another tenant", async () => {
    const [mine, theirs] = [await planes.tenant(), await planes.tenant()];
    const { id } = await createAgent(await theirs.as("admin"), PATCHER);
    const change = async (ctx: MemberContext, agentId: string) =>
      drainAgent(ctx, { agentId }).then(
        () => "done",
        (error: { code: string }) => error.code,
      );
    expect(await change(await theirs.as("operator"), id)).toBe("forbidden");
    expect(await change(await mine.as("admin"), id)).toBe("not_found");
    expect(await change(await mine.as("admin"), "patcher")).toBe("not_found");
    await expect(getAgent(await mine.as("admin"), { agentId: id })).rejects.toMatchObject({
      code: "not_found",
    });
  });
});

test("agents are found by words, capability, team and tag, page by page, and counted", async () => {
  const tenant = await planes.tenant();
  const ctx = await tenant.as("supervisor");
  for (const [name, success] of [
    ["ant-linter", 0.5],
    ["bee-linter", 0.9],
    ["cat-patcher", 0.7],
  ] as const) {
    await createAgent(again(ctx), {
      name,
      description: `Works on ${name.slice(0, 3)} files`,
      capabilities: [{ capability: name.slice(4), successRate: success }, "docs.write"],
      tags: [name < "c" ? "small" : "large"],
    });
  }
  const names = async (filter: Parameters<typeof listAgents>[1]) =>
    (await listAgents(ctx, filter)).items.map(({ name }) => name);
  expect(await names({ query: "lint" })).toEqual(["ant-linter", "bee-linter"]);
  expect(await names({ query: "FILES bee" })).toEqual(["bee-linter"]);
  expect(await names({ query: "&|!()'" })).toHaveLength(3);
  expect(await names({ tag: "large" })).toEqual(["cat-patcher"]);
  expect(await names({ capability: "linter", sort: "success" })).toEqual([
    "bee-linter",
    "ant-linter",
  ]);
  const seen: string[] = [];
  let cursor: string | undefined;
  do {
    const page = await listAgents(ctx, { limit: 2, cursor, capability: "docs.write" });
    seen.push(...page.items.map(({ name }) => name));
    cursor = page.nextCursor ?? undefined;
  } while (cursor !== undefined);
  expect(seen).toEqual(["ant-linter", "bee-linter", "cat-patcher"]);
  expect(await countAgentFacets(ctx, { query: "linter" })).toMatchObject({
    total: 2,
    capability: [
      { value: "docs.write", count: 2 },
      { value: "linter", count: 2 },
    ],
    tag: [{ value: "small", count: 2 }],
    team: [],
  });
  await expect(listAgents(ctx, { sort: "cost" })).rejects.toMatchObject({ code: "invalid_input" });
});

describe("by hand", () => {
  test("a drained agent ends what it holds and is given nothing, until it is resumed", async () => {
    const { ctx, api } = await held(await planes.tenant());
    const [step] = (await api.claim({ max: 1 })).body.steps ?? [];
    expect(await drainAgent(again(ctx), { agentId: "patcher", reason: "new host" })).toMatchObject({
      status: "draining",
      statusReason: "new host",
      load: { inFlight: 1 },
    });
    expect((await api.claim()).body).toMatchObject({ steps: [], status: "draining" });
    const done = await api.post(`/steps/${step?.id}/complete`, { epoch: step?.epoch, output: 1 });
    expect(done.status).toBe(200);
    await resumeAgent(again(ctx), { agentId: "patcher" });
    expect((await api.claim()).body.steps).toHaveLength(1);
  });

  test("of a quarantined agent what it holds is taken back, and it may do nothing more", async () => {
    const { ctx, api, key } = await held(await planes.tenant());
    const [step] = (await api.claim({ max: 1 })).body.steps ?? [];
    await quarantineAgent(again(ctx), { agentId: "patcher", reason: "deletes files" });
    const { rows } = await planes.owner.query(
      "select status, failures, crashes, lease_owner from steps where id = $1",
      [toUuid("step", step?.id ?? "")],
    );
    expect(rows).toEqual([{ status: "queued", failures: 0, crashes: 0, lease_owner: null }]);
    expect((await api.claim()).body).toMatchObject({ steps: [], status: "quarantined" });
    // let in a moment before, by a server that does not know yet
    const known = { status: "active", statusBy: "person" } as const;
    const caller = await authenticateAgent(planes.plane, { authorization: `Bearer ${key}` });
    const early = { ...caller, ...known, idempotencyKey: randomUUID() };
    const claim = { capabilities: ["code.patch"], max: 1, waitSeconds: 0, worker: "late" };
    expect(await claimSteps(early, claim)).toMatchObject({ steps: [], status: "quarantined" });
    const late = await api.post(`/steps/${step?.id}/complete`, { epoch: step?.epoch, output: 1 });
    expect(late).toMatchObject({
      status: 403,
      body: { code: "forbidden", detail: expect.stringContaining("deletes files") },
    });
    expect((await api.get("/agent")).body["status"]).toBe("quarantined");
  });

  test("a retired agent has no keys any more, and that is for good", async () => {
    const { ctx, api } = await held(await planes.tenant());
    await retireAgent(again(ctx), { agentId: "patcher" });
    expect((await api.claim()).status).toBe(401);
    await expect(resumeAgent(again(ctx), { agentId: "patcher" })).rejects.toMatchObject({
      code: "conflict",
    });
    await expect(issueAgentKey(again(ctx), { agentId: "patcher" })).rejects.toMatchObject({
      code: "conflict",
    });
    expect((await listAgents(ctx, {})).items).toEqual([]);
    expect((await listAgents(ctx, { status: "retired" })).items).toHaveLength(1);
    const { rows } = await planes.owner.query(
      "select verb from audit_log where tenant_id = $1 order by seq desc limit 2",
      [ctx.tenantId],
    );
    expect(rows.map(({ verb }) => verb)).toEqual(["agent_key.revoked", "agent.status_changed"]);
  });
});
