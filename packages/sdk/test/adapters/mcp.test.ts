import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { mcpTasks, type McpOptions, type McpTasks } from "../../src/adapters/mcp/index.ts";
import { capabilityOf } from "../../src/adapters/mcp/mcp-tasks.ts";
import { newToolRunId } from "../fake-plane/ids.ts";
import { FakePlane } from "../fake-plane/server.ts";
import { start } from "../harness.ts";

const SERVER = fileURLToPath(new URL("./notes-server.ts", import.meta.url));
const CAPABILITIES = [
  "add-note",
  "list-notes",
  "draw",
  "refuse",
  "crash-once",
  "tear-up",
  "hang",
].map((name) => `notes.${name}`);
let folder = "";
let notes: McpTasks;

const noted = () => readFile(join(folder, "notes"), "utf8");
const join_ = (more: Partial<McpOptions> = {}) =>
  mcpTasks({
    server: { command: process.execPath, args: [SERVER, join(folder, "notes")] },
    prefix: "notes",
    ...more,
  });

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "nofx-mcp-"));
  notes = await join_();
});
afterAll(async () => {
  await notes.close();
  await rm(folder, { recursive: true, force: true });
});

async function planeWith(tasks: McpTasks = notes, leaseSeconds = 10) {
  const plane = await FakePlane.start({ capabilities: CAPABILITIES, leaseSeconds });
  return { plane, agent: start(plane, [...tasks.tasks], { concurrency: 2 }) };
}

test("each tool is a task with the tool's own schemas", () => {
  expect(notes.tasks.map(({ capability }) => capability)).toEqual(CAPABILITIES);
  const [add] = notes.tasks as unknown as [
    { input: { "~standard": { jsonSchema: { input: (o: object) => unknown } } } },
  ];
  expect(add.input["~standard"].jsonSchema.input({ target: "draft-2020-12" })).toMatchObject({
    properties: { text: { type: "string", minLength: 1 } },
    required: ["text"],
  });
});

test.each([
  ["read_file", undefined, "read-file"],
  ["getWeather", "w", "w.get-weather"],
  ["admin/users:list", undefined, "admin-users-list"],
])("%s (%s) is called %s", (name, prefix, expected) => {
  expect(capabilityOf(name, prefix)).toBe(expected);
});

test("a call is made once, whatever happens afterwards", async () => {
  const { plane } = await planeWith();
  await using _ = plane;
  const add = plane.enqueue({ capability: "notes.add-note", input: { text: "milk" } });
  plane.fault("complete", "cut-before");
  await plane.until(() => add.status === "succeeded");
  const list = plane.enqueue({ capability: "notes.list-notes" });
  await plane.until(() => list.status === "succeeded");
  expect(add.output).toEqual({ count: 1 });
  expect(list.output).toEqual({ text: "milk", content: [{ type: "text", text: "milk" }] });
});

test("what does not fit the tool's schema never reaches it; bytes become artifacts", async () => {
  const { plane } = await planeWith();
  await using _ = plane;
  const add = plane.enqueue({ capability: "notes.add-note", input: { text: "" } });
  const draw = plane.enqueue({ capability: "notes.draw" });
  await plane.until(() => add.status === "failed" && draw.status === "succeeded");
  expect(add.errors[0]?.error).toMatchObject({ class: "permanent" });
  expect(draw.artifacts.get("draw-1")).toBe("PNG");
  expect(draw.output).toMatchObject({ content: [{ type: "image", artifact: "draw-1" }] });
});

test("a server that dies is started again; a tool's own error is tried again", async () => {
  const { plane } = await planeWith();
  await using _ = plane;
  const crashed = plane.enqueue({ capability: "notes.crash-once" });
  await plane.until(() => crashed.status === "succeeded");
  expect(crashed.errors).toMatchObject([{ error: { class: "retryable" } }]);
  const refused = plane.enqueue({ capability: "notes.refuse" });
  await plane.until(() => refused.errors.length > 0);
  expect(refused.errors[0]?.error).toMatchObject({
    class: "retryable",
    message: "refuse: The pen is dry.",
  });
});

test("a lost lease cancels the call", async () => {
  const { plane, agent } = await planeWith(notes, 0.3);
  await using _ = plane;
  const step = plane.enqueue({ capability: "notes.hang" });
  await vi.waitFor(async () => expect(await noted()).toContain("hangs"), { timeout: 10_000 });
  plane.steal(step);
  await plane.until(() => agent.events.some((event) => event.type === "step.ended"));
  await vi.waitFor(async () => expect(await noted()).toContain("cancelled"), { timeout: 10_000 });
  expect(step).toMatchObject({ settled: [], errors: [] });
});

test("tools of a kind ask people before each use", async () => {
  await using asking = await join_({
    only: ({ name }) => name === "addNote",
    approve: ({ annotations }) => annotations?.destructiveHint === true,
  });
  const { plane } = await planeWith(asking);
  await using _ = plane;
  const steps = ["bread", "sand"].map((text) =>
    plane.enqueue({ capability: "notes.add-note", input: { text } }),
  );
  await plane.until(() => steps.every((step) => step.held));
  expect(steps[0]?.asked[0]).toMatchObject({ details: { text: "bread" } });
  const [yes, no] = steps;
  if (yes === undefined || no === undefined) throw new Error("no steps");
  plane.decide(yes, { name: "use", status: "approved" } as never);
  plane.decide(no, { name: "use", status: "rejected", reason: "It is not food." } as never);
  await plane.until(() => yes.status === "succeeded" && no.status === "failed");
  expect(await noted()).toContain("bread");
  expect(await noted()).not.toContain("sand");
});

test("a tool that asks while it runs asks people, and is called again with their answer", async () => {
  const { plane } = await planeWith();
  await using _ = plane;
  const steps = [0, 1].map(() => plane.enqueue({ capability: "notes.tear-up" }));
  await plane.until(() => steps.every((step) => step.held));
  const [yes, no] = steps;
  if (yes === undefined || no === undefined) throw new Error("no steps");
  expect(yes.asked[0]).toMatchObject({
    name: "input[1 sure]",
    question: "Tear all up?",
    details: { sure: true },
    editable: { properties: { why: { type: "string" } } },
  });
  const edited = { sure: true, why: "spring" };
  plane.decide(yes, { name: "input[1 sure]", status: "modified", arguments: edited } as never);
  plane.decide(no, { name: "input[1 sure]", status: "rejected" } as never);
  await plane.until(() => steps.every((step) => step.status === "succeeded"));
  expect(yes.output).toMatchObject({ text: 'torn: spring, "page 1"' });
  expect(no.output).toMatchObject({ text: "left" });
  expect([...yes.checkpoints.keys()]).toEqual(["call[1]", "call[2]"]);
  // the first call was made once each
  expect((await noted()).match(/asks/g)).toHaveLength(2);
});

test("a tool of the catalogue is not used again on a guess", async () => {
  await using listed = await join_({
    only: ({ name }) => name === "addNote",
    catalogued: () => "notes.add",
  });
  const { plane } = await planeWith(listed);
  await using _ = plane;
  plane.toolsThatAsk.add("notes.add");
  const step = plane.enqueue({ capability: "notes.add-note", input: { text: "salt" } });
  await plane.until(() => step.held);
  const answer = { name: "call 1", status: "modified", arguments: { text: "sugar" } };
  plane.fault("toolEnd", "cut-before");
  plane.decide(step, answer as never);
  await plane.until(() => step.status === "succeeded");
  expect(await noted()).toContain("sugar");
  expect(await noted()).not.toContain("salt");

  const lost = plane.enqueue({ capability: "notes.add-note", input: { text: "pepper" } });
  lost.approvals.set("call 1", { name: "call 1", status: "approved" } as never);
  lost.uses.set("call 1", { toolRunId: newToolRunId(), status: "intended" });
  await plane.until(() => lost.status === "failed");
  expect(lost.errors[0]?.error).toMatchObject({ class: "policy" });
  expect(await noted()).not.toContain("pepper");
});
