import {
  createAgent,
  getAgent,
  getAgentCard,
  importAgentCard,
  issueAgentKey,
  schemasOf,
} from "@nofx/control/agents";
import { inTransaction, type MemberContext } from "@nofx/control/command";
import { again, createTestPlane, type TestPlane, type TestTenant } from "@nofx/control/testing";
import { seedRun } from "@nofx/db/testing";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
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
  const agent = await createAgent(ctx, PATCHER);
  const { key } = await issueAgentKey(again(ctx), { agentId: "patcher" });
  const api = agentApi(planes.plane, key ?? "");
  await seedRun(planes.owner, tenant.id, [agentStep("one"), agentStep("two")]);
  return { ctx, agent, api };
}

test("an agent introduces itself: its schemas are found, its version and processes shown, nothing is granted", async () => {
  const { ctx, api, agent } = await held(await planes.tenant());
  const inputSchema = { type: "object", required: ["file"] };
  const tasks = [{ capability: "code.patch", inputSchema }, { capability: "code.delete" }];
  const told = { version: "2.0.0", tasks, concurrency: 4, runtime: "node 24", worker: "runner-1" };
  expect((await api.post("/agent/introduce", told)).body).toMatchObject({
    known: false,
    notAllowed: ["code.delete"],
  });
  expect((await api.post("/agent/introduce", told)).body).toMatchObject({ known: true });
  const schemas = await inTransaction(ctx, (tx) => schemasOf(tx.db, ctx.tenantId, "code.patch"));
  expect(schemas).toMatchObject([{ agent: "patcher", version: "2.0.0", input: inputSchema }]);
  const detail = await getAgent(ctx, { agentId: agent.id });
  expect(detail).toMatchObject({
    version: "2.0.0",
    online: true,
    capabilities: ["code.patch"],
    versions: [{ version: "2.0.0", notAllowed: ["code.delete"], concurrency: 4 }],
    runners: [{ runner: "runner-1", slots: 4, online: true, runtime: "node 24" }],
    load: { runners: 1, slots: 4, queued: 2 },
  });
  const twice = { ...told, tasks: [tasks[0], tasks[0]] };
  expect((await api.post("/agent/introduce", twice)).body.code).toBe("conflict");
});

describe("agent cards", () => {
  const card = {
    name: "Recipe Agent",
    description: "Helps with recipes",
    supportedInterfaces: [
      { url: "https://r.example/a2a", protocolBinding: "JSONRPC", protocolVersion: "1.0" },
    ],
    version: "1.2.0",
    capabilities: {},
    defaultInputModes: ["text/plain"],
    defaultOutputModes: ["text/plain"],
    skills: [{ id: "find_recipe", name: "Find a recipe", description: "Finds", tags: [] }],
  };

  test("are imported, and served for the agent that came of it", async () => {
    const tenant = await planes.tenant();
    const ctx = await tenant.as("supervisor");
    const imported = await importAgentCard(ctx, { card });
    expect(imported).toMatchObject({ name: "recipe-agent", created: true });
    await expect(importAgentCard(again(ctx), { card })).rejects.toMatchObject({ code: "conflict" });
    const newer = { ...card, description: "Newer" };
    expect(await importAgentCard(again(ctx), { card: newer, replace: true })).toMatchObject({
      agentId: imported.agentId,
      created: false,
    });
    expect(
      await getAgentCard(ctx, { agentId: "recipe-agent" }, "https://nofx.example"),
    ).toMatchObject({
      name: "recipe-agent",
      description: "Newer",
      version: "1.2.0",
      supportedInterfaces: [{ url: "https://nofx.example/api/tasks" }],
      skills: [{ id: "find_recipe", name: "Find a recipe", description: "Finds" }],
    });
    await expect(
      importAgentCard(again(ctx), { card: { ...card, skills: [] } }),
    ).rejects.toMatchObject({ code: "invalid_input", issues: [{ path: "/card/skills" }] });
  });

  test("are told by an agent of itself, which grants it nothing", async () => {
    const { ctx, api } = await held(await planes.tenant());
    const patch = { id: "code.patch", name: "Patches code", description: "", tags: ["Go"] };
    const told = { ...card, skills: [...card.skills, patch] };
    expect((await api.post("/agent/card", { card: told })).body).toMatchObject({
      notAllowed: ["find_recipe"],
    });
    expect(await getAgent(ctx, { agentId: "patcher" })).toMatchObject({
      description: "Helps with recipes",
      tags: ["go"],
      capabilities: ["code.patch"],
      capabilityDetails: [{ capability: "code.patch", title: "Patches code" }],
    });
    expect((await api.get("/demand/code.patch")).body).toMatchObject({
      ready: 2,
      desiredRunners: 1,
    });
    expect((await api.post("/agent/card", { card: {} })).body.code).toBe("invalid_input");
  });

  test("are read from an address that may be called, and from no other", async () => {
    const server = createServer((_, response) => response.end(JSON.stringify(card)));
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const { port } = server.address() as AddressInfo;
    const url = `http://127.0.0.1:${port}/card.json`;
    try {
      const ctx = await (await planes.tenant()).as("supervisor");
      await expect(importAgentCard(ctx, { url })).rejects.toMatchObject({
        code: "invalid_input",
        issues: [{ path: "/url" }],
      });
      const plane = Object.create(planes.plane, {
        allowedHosts: { value: new Set([`127.0.0.1:${port}`]) },
      }) as MemberContext["plane"];
      expect(await importAgentCard({ ...again(ctx), plane }, { url })).toMatchObject({
        created: true,
      });
      expect((await getAgent(ctx, { agentId: "recipe-agent" })).card).toMatchObject({ url });
    } finally {
      await new Promise((resolve) => server.close(resolve));
    }
  });
});
