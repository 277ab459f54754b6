import { readFile } from "node:fs/promises";
import { afterAll, beforeAll, expect, it, vi } from "vitest";
import { type Person, type RestInit, startWeb, type TestWeb } from "./start-web.ts";

// The marker of modules that only Next's server may load; here nothing else does.
vi.mock("server-only", () => ({}));

let web: TestWeb;
let operator: Person;
let supervisor: Person;

beforeAll(async () => {
  web = await startWeb();
  const tenant = await web.tenant();
  operator = await web.person({ tenantId: tenant.id, role: "operator" });
  supervisor = await web.person({ tenantId: tenant.id, role: "supervisor" });
});
afterAll(() => web[Symbol.asyncDispose]());

const DEMO = new URL("../../../examples/release-train/backlog.yaml", import.meta.url);

async function ok<T>(path: string, init: RestInit = {}): Promise<T> {
  const response = await web.rest(path, { as: operator, ...init });
  const body: unknown = await response.json();
  expect({ path, status: response.status, body }).toMatchObject({ status: 200 });
  return body as T;
}

interface Listed {
  items: { id: string; subject: string; argumentsDigest: string; runId: string | null }[];
}

it("goes from backlog to run over REST alone", async () => {
  const text = await readFile(DEMO, "utf8");
  await ok("/api/backlog/import", { body: { text, dryRun: true } });
  const imported = await ok<{ pack: string; items: number }>("/api/backlog/import", {
    body: { text },
  });
  expect(await ok("/api/backlog/packs")).toMatchObject({
    items: [{ pack: imported.pack, items: imported.items }],
  });

  const plan = await ok<{ id: string }>("/api/auto-planner/plan", {
    body: { pack: imported.pack },
  });
  expect(await ok(`/api/plans/${plan.id}`)).toMatchObject({ verdict: "warn", executable: false });
  expect(await ok(`/api/plans/${plan.id}/steps?limit=5`)).toMatchObject({
    items: { length: 5 },
    total: imported.items,
  });
  expect(await ok(`/api/gates/${plan.id}`)).toMatchObject({ verdict: "warn", current: true });
  expect(await ok("/api/plans?status=ready")).toMatchObject({ items: [{ id: plan.id }] });

  const { items } = await ok<Listed>("/api/approvals");
  const ofPlan = items.find((one) => one.subject === "plan");
  const seen = await ok<{ argumentsDigest: string }>(`/api/approvals/${ofPlan?.id}`);
  const decision = { decision: "approve", argumentsDigest: seen.argumentsDigest };
  const refused = await web.rest(`/api/approvals/${ofPlan?.id}`, { as: operator, body: decision });
  expect(refused.status).toBe(403);
  const stale = { ...decision, argumentsDigest: "of something else" };
  const changed = await web.rest(`/api/approvals/${ofPlan?.id}`, { as: supervisor, body: stale });
  expect(await changed.json()).toMatchObject({ status: 409, code: "plan_changed" });
  expect(
    await ok(`/api/approvals/${ofPlan?.id}`, { as: supervisor, body: decision }),
  ).toMatchObject({ status: "approved" });

  const { runId } = await ok<{ runId: string }>("/api/auto-planner/execute", {
    body: { planId: plan.id },
  });
  expect(await ok(`/api/runs/${runId}`)).toMatchObject({ id: runId, steps: imported.items });
  expect(await ok("/api/runs")).toMatchObject({ items: [{ id: runId }] });
  expect(await ok(`/api/runs/${runId}/steps?limit=3`)).toMatchObject({ items: { length: 3 } });
  expect(await ok(`/api/runs/${runId}/logs?tail=true`)).toMatchObject({ items: [] });
  expect(await ok(`/api/runs/${runId}/artifacts`)).toEqual({ items: [] });
  expect(await ok("/api/events?after=0")).toHaveProperty("seq");
  expect(await ok<Listed>("/api/approvals?status=pending")).toMatchObject({ items: [{ runId }] });
  const missing = await web.rest("/api/artifacts/artifact_01ktm4q9h3e1q8m3v5x7z9b2c4", {
    as: operator,
  });
  expect(missing.status).toBe(404);
});

it("takes a file over 4 MB by signed upload", async () => {
  const items = Array.from({ length: 2_000 }, (_, at) => ({
    id: `n${at}`,
    title: `Item ${at} ${"x".repeat(450)}`,
    description: "y".repeat(2_000),
    kind: "shell",
    with: { command: ["true"] },
  }));
  const text = JSON.stringify({ version: 1, pack: "large", items });
  const tooLarge = await web.rest("/api/backlog/import", { as: operator, body: { text } });
  expect(tooLarge.status).toBe(413);

  const upload = await ok<{ uploadId: string; url: string; headers: Record<string, string> }>(
    "/api/uploads",
    { body: { purpose: "backlog", contentType: "application/json", size: text.length } },
  );
  const early = await web.rest("/api/backlog/import", {
    as: operator,
    body: { uploadId: upload.uploadId },
  });
  expect(await early.json()).toMatchObject({ code: "upload_missing" });
  const put = await fetch(upload.url, { method: "PUT", headers: upload.headers, body: text });
  expect(put.status).toBe(200);
  expect(await ok("/api/backlog/import", { body: { uploadId: upload.uploadId } })).toMatchObject({
    pack: "large",
    created: 2_000,
  });
});
