import {
  createAgent,
  drainAgent,
  issueAgentKey,
  quarantineAgent,
  retireAgent,
} from "@nofx/control/agents";
import { createSchedule } from "@nofx/control/schedules";
import { submitTasks } from "@nofx/control/tasks";
import { again, createTestPlane, type TestPlane, type TestTenant } from "@nofx/control/testing";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { refusal } from "../fixtures.ts";
import { agentApi } from "./harness.ts";

// Input is checked where a step is asked for, by what agents said that they take: also where a capability is only a name.

let planes: TestPlane;
let tenant: TestTenant;
beforeAll(async () => {
  planes = await createTestPlane();
  tenant = await planes.tenant();
});
afterAll(() => planes[Symbol.asyncDispose]());

const PAGES = {
  type: "object",
  required: ["pages"],
  properties: { pages: { type: "array", items: { type: "string", pattern: "^(?=p)p\\d+$" } } },
  additionalProperties: false,
};

let made = 0;
/** An agent that has introduced itself with that schema; with none, as one that takes anything. */
async function anAgent(capability: string, inputSchema?: object) {
  const ctx = await tenant.as("supervisor");
  made += 1;
  const { id } = await createAgent(ctx, { name: `agent-${made}`, capabilities: [capability] });
  const { key } = await issueAgentKey(again(ctx), { agentId: id });
  const api = agentApi(planes.plane, key ?? "");
  const answer = await api.post("/agent/introduce", {
    version: "1",
    tasks: [{ capability, ...(inputSchema && { inputSchema }) }],
    concurrency: 1,
    runtime: "test",
  });
  expect(answer.status).toBe(200);
  return api;
}

async function submit(capability: string, ...inputs: object[]) {
  const tasks = inputs.map((input) => ({ kind: "agent" as const, with: { capability, input } }));
  return submitTasks(await tenant.as("operator"), { tasks });
}

test("a wrong payload by a capability's name is refused with each place, and nothing is written", async () => {
  await anAgent("text.pages", PAGES);
  const error = await refusal(submit("text.pages", { pages: ["p1"] }, { pages: [1], more: 2 }));
  expect(error).toMatchObject({
    code: "input_mismatch",
    detail: expect.stringContaining("text.pages"),
    issues: expect.arrayContaining([
      { path: "/tasks/1/with/input/pages/0", message: "must be string" },
      { path: "/tasks/1/with/input", message: '"more" is not allowed' },
    ]),
  });
  const { rows } = await planes.owner.query("select from runs where tenant_id = $1", [tenant.id]);
  expect(rows).toHaveLength(0);
  // what cannot be checked in linear time is left to the agent
  expect((await submit("text.pages", { pages: ["x"] })).runs).toHaveLength(1);
});

test("one agent that takes it is enough, and one without a schema takes anything", async () => {
  await anAgent("text.either", PAGES);
  expect((await refusal(submit("text.either", { file: "a" }))).code).toBe("input_mismatch");
  await anAgent("text.either", { type: "object", required: ["file"] });
  expect((await submit("text.either", { file: "a" })).runs).toHaveLength(1);
  expect((await refusal(submit("text.either", {}))).code).toBe("input_mismatch");
  await anAgent("text.either");
  expect((await submit("text.either", {})).runs).toHaveLength(1);
  expect((await submit("nobody.yet", { any: "thing" })).runs).toHaveLength(1);
});

test("agents that are given nothing now are asked too, retired ones are not", async () => {
  await anAgent("text.resting", PAGES);
  const agentId = `agent-${made}`;
  const ctx = await tenant.as("supervisor");
  for (const change of [drainAgent, quarantineAgent]) {
    await change(again(ctx), { agentId, reason: "looked at" });
    expect((await refusal(submit("text.resting", {}))).code).toBe("input_mismatch");
  }
  await retireAgent(again(ctx), { agentId, reason: "over" });
  expect((await submit("text.resting", {})).runs).toHaveLength(1);
});

test("a child is refused as well, and with it all that were asked for together", async () => {
  await anAgent("text.child", PAGES);
  const parent = await anAgent("text.parent");
  await submit("text.parent", {});
  const [step] = (await parent.claim({ capabilities: ["text.parent"] })).body.steps ?? [];
  const child = (name: string, input: object) => ({
    name,
    kind: "agent",
    with: { capability: "text.child", input },
  });
  const spawn = (...children: object[]) =>
    parent.post(`/steps/${step?.id}/children`, { epoch: step?.epoch, children });
  expect(await spawn(child("a", { pages: [] }), child("b", { pages: "p1" }))).toMatchObject({
    status: 422,
    body: {
      code: "input_mismatch",
      issues: [{ path: "/children/1/with/input/pages", message: "must be array" }],
    },
  });
  expect((await spawn(child("a", { pages: [] }))).body).toMatchObject({
    children: [{ name: "a" }],
  });
});

describe("a session", () => {
  const session = async (
    capability: string,
    strategy: "solo" | "swarm" | "auto",
    input: object,
  ) => {
    const task = { kind: "session" as const, with: { strategy, capability, input } };
    return submitTasks(await tenant.as("operator"), { tasks: [task] });
  };
  const wrong = { code: "input_mismatch", issues: [{ path: "/tasks/0/with/input/pages" }] };

  test("of one agent is checked as that agent's step", async () => {
    await anAgent("team.solo", PAGES);
    expect(await refusal(session("team.solo", "solo", { pages: 1 }))).toMatchObject(wrong);
    const more = await refusal(session("team.solo", "solo", { pages: [], session: {} }));
    expect(more.code).toBe("input_mismatch");
    expect((await session("team.solo", "solo", { pages: [] })).runs).toHaveLength(1);
  });

  test("of several is refused for what is wrong whatever their part is, and for nothing else", async () => {
    const { properties } = PAGES;
    const part = { type: "object", required: ["of"] };
    await anAgent("team.strict", {
      ...PAGES,
      required: ["pages", "session"],
      properties: { ...properties, session: part },
    });
    for (const strategy of ["swarm", "auto"] as const) {
      expect(await refusal(session("team.strict", strategy, { pages: 1 }))).toMatchObject(wrong);
      expect((await session("team.strict", strategy, { pages: [] })).runs).toHaveLength(1);
    }
    await anAgent("team.closed", PAGES);
    expect((await session("team.closed", "swarm", { pages: [] })).runs).toHaveLength(1);
    await anAgent("team.doubtful", { anyOf: [PAGES, { required: ["session"] }] });
    expect((await session("team.doubtful", "swarm", { pages: 1 })).runs).toHaveLength(1);
  });

  test("that a step spawns is checked as well", async () => {
    await anAgent("team.child", PAGES);
    const parent = await anAgent("team.parent");
    await submit("team.parent", {});
    const [step] = (await parent.claim({ capabilities: ["team.parent"] })).body.steps ?? [];
    const given = { strategy: "solo", capability: "team.child", input: {} };
    const children = [{ name: "a", kind: "session", with: given }];
    const path = `/steps/${step?.id}/children`;
    expect(await parent.post(path, { epoch: step?.epoch, children })).toMatchObject({
      status: 422,
      body: { code: "input_mismatch", issues: [{ path: "/children/0/with/input" }] },
    });
  });
});

test("a schedule is refused like the tasks that it would start", async () => {
  await anAgent("text.later", PAGES);
  const operator = await tenant.as("operator");
  const later = createSchedule(operator, {
    name: "later",
    everySeconds: 3_600,
    task: { kind: "agent", with: { capability: "text.later", input: { pages: 1 } } },
  });
  expect(await refusal(later)).toMatchObject({
    code: "input_mismatch",
    issues: [{ path: "/task/with/input/pages" }],
  });
});

test("a schema that refers to itself without end keeps nobody from anything", async () => {
  await anAgent("text.endless", { $ref: "#" });
  expect((await submit("text.endless", {})).runs).toHaveLength(1);
  // each level asks the one below twice
  const levels = Array.from({ length: 40 }, (_, n) => [
    `l${n}`,
    n === 39 ? { type: "object" } : { allOf: [0, 1].map(() => ({ $ref: `#/$defs/l${n + 1}` })) },
  ]);
  await anAgent("text.wide", { $ref: "#/$defs/l0", $defs: Object.fromEntries(levels) });
  expect((await submit("text.wide", {})).runs).toHaveLength(1);
});
