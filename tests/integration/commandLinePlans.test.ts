import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { toId } from "@nofx/core/vocabulary";
import { seedAgent, seedRun } from "@nofx/db/testing";
import { afterAll, afterEach, beforeAll, expect, test, vi } from "vitest";
import { said, startCommandLine, type CommandLine } from "./fixtures/command-line.ts";

// The way from a backlog to a run by `nofx` alone, where a gate warns and people are asked.

// The marker of modules that only Next's server may load; here nothing else does.
vi.mock("../../apps/web/node_modules/server-only/index.js", () => ({}));

const ANSWERS = fileURLToPath(new URL("./fixtures/answer-deploy-check.ts", import.meta.url));

let line: CommandLine;
beforeAll(async () => {
  line = await startCommandLine({
    supervisor: "supervisor",
    operator: "operator",
    admin: "admin",
  });
});
afterAll(() => line[Symbol.asyncDispose]());
afterEach(async () => (await commands.as()).actAs(undefined));

// Loaded only when the home is there: its place is read once.
const commands = {
  as: () => import("../../apps/cli/src/client/acting-as.ts"),
  plan: () => import("../../apps/cli/src/commands/plan.ts"),
  execute: () => import("../../apps/cli/src/commands/execute.ts"),
  approvals: () => import("../../apps/cli/src/commands/approvals.ts"),
  gates: () => import("../../apps/cli/src/commands/gates.ts"),
  deploy: () => import("../../apps/cli/src/commands/deploy.ts"),
};

async function imported(pack: string, items: readonly object[]) {
  const { importBacklog } = await import("../../apps/cli/src/commands/import.ts");
  const file = join(line.home, `${pack}.json`);
  writeFileSync(file, JSON.stringify({ version: 1, pack, items }));
  await said(() => importBacklog(file, { json: true }));
}

const item = { id: "push", title: "Push", kind: "shell", with: { script: ":" }, owner: "us" };
const warned = { ...item, risk: ["production"] };
const found = (text: string, pattern: RegExp) => pattern.exec(text)?.[0] ?? "";

test("a plan that needs an approval is executed once it has one, and is not made again for it", async () => {
  const { plan } = await commands.plan();
  const { execute } = await commands.execute();
  const { decide } = await commands.approvals();
  await imported("warned", [warned]);
  await expect(execute("warned", {})).rejects.toThrow("npx nofx plan warned");
  const asked = await said(() => plan("warned", {}));
  const approval = found(asked, /approval_\w+/);
  expect(asked).toContain(`npx nofx approvals approve ${approval}`);
  expect(asked).toContain("npx nofx execute warned");
  await expect(said(() => plan("warned", { execute: true }))).rejects.toThrow(approval);
  await expect(said(() => execute("warned", {}))).rejects.toThrow(approval);

  expect(await said(() => decide(approval, "approve", {}))).toMatch(/^✔ .*: approved/);
  const again = await said(() => plan("warned", { execute: true }));
  expect(again).toMatch(/version 1[^]*Nothing has changed since version 1[^]*Started: .*run_/);
  await expect(said(() => execute("warned", {}))).rejects.toThrow(/has begun[^]*runs cancel run_/);
  expect(await said(() => plan("warned", { again: true }))).toContain("version 2");
});

test("a plan that nobody can execute says so, when it is made and when it starts", async () => {
  const { plan } = await commands.plan();
  const { execute } = await commands.execute();
  const agent = (id: string, capability: string) => ({
    id,
    title: id,
    kind: "agent",
    with: { capability },
    owner: "us",
  });
  await imported("nobody", [agent("bake", "bake.bread"), agent("sell", "sell.bread")]);
  const missing = "No active agent offers bake.bread or sell.bread";
  expect(await said(() => plan("nobody", {}))).toContain(missing);
  expect(await said(() => execute("nobody", {}))).toContain(missing);
});

test("an override is answered by a second person of the local stack, whom --as names", async () => {
  const { plan } = await commands.plan();
  const { override } = await commands.gates();
  const { decide } = await commands.approvals();
  const { actAs } = await commands.as();
  // Put together here, so that scanners of source code leave this file alone.
  const secret = `AKIA${"ABCDEFGH".repeat(2)}`;
  await imported("leaking", [{ ...item, with: { command: ["x", secret] } }]);
  const { id } = JSON.parse(await said(() => plan("leaking", { json: true }))) as { id: string };
  const reason = "The incident of today needs it, and the team watches.";
  const asked = await said(() => override(id, { reason, hours: 1 }));
  const approval = found(asked, /approval_\w+/);
  expect(asked).toContain(`npx nofx --as admin approvals approve ${approval}`);
  const { list, show } = await commands.approvals();
  const command = `npx nofx --as admin approvals approve ${approval}`;
  await expect(decide(approval, "approve", {})).rejects.toMatchObject({ code: "approval_self" });
  await expect(decide(approval, "approve", {})).rejects.toThrow(command);
  expect(await said(() => show(approval, {}))).toContain(command);
  expect(await said(() => list({}))).toMatch(
    new RegExp(`${approval}.*\\n    May this plan go on although a gate says otherwise`),
  );
  actAs("admin");
  expect(await said(() => decide(approval, "approve", {}))).toMatch(/^✔ .*: approved/);
  actAs(undefined);
  vi.stubEnv("NOFX_AS", "nobody");
  await expect(override(id, { reason, hours: 1 })).rejects.toThrow("NOFX_AS names one of");
});

test("a run is shown with its steps, and what was said to it with when, id and role", async () => {
  const { submit } = await import("../../apps/cli/src/commands/tasks.ts");
  const { show } = await import("../../apps/cli/src/commands/run-show.ts");
  const { send, list } = await import("../../apps/cli/src/commands/messages.ts");
  const { tree } = await import("../../apps/cli/src/commands/tree.ts");
  const queued = await said(() =>
    submit({ kind: "shell", with: '{"script": ":"}', title: "Rest" }),
  );
  const run = found(queued, /run_\w+/);
  expect(queued).toMatch(/1 task is queued\.\n {2}run_\w+ {2}http/);
  expect(await said(() => show(run, {}))).toMatch(
    new RegExp(`^Rest {2}queued\n +Run +${run}[^]*· \\w+ +queued +step_`),
  );
  expect(JSON.parse(await said(() => show(run, { json: true })))).toMatchObject({ id: run });
  expect(JSON.parse(await said(() => tree(run, { json: true })))).toEqual({ items: [] });
  const sent = await said(() => send(run, "Wait for me", {}));
  expect(await said(() => list(run, {}))).toMatch(
    new RegExp(`^20\\S+Z ${found(sent, /msg_\w+/)} .*\\(operator\\).* Wait for me$`),
  );
});

test("nofx runs says in short why a run failed", async () => {
  const { runs } = await import("../../apps/cli/src/commands/runs.ts");
  const { id, steps } = await seedRun(line.web.owner, line.tenantId, [{ name: "dead" }]);
  await line.web.owner.query(
    `insert into dead_letters (tenant_id, run_id, step_id, stage, reason, error, payload, history, correlation_id, failures, crashes)
     values ($1, $2, $3, 'execute', 'deadline', '{"code": "timeout", "message": "too late"}', '{}', '[]', $2, 1, 0)`,
    [line.tenantId, id, steps["dead"]],
  );
  await line.web.owner.query(
    "update runs set status = 'failed', finished_at = clock_timestamp(), steps_left = 0, steps_failed = 1 where id = $1",
    [id],
  );
  expect(await said(() => runs({ limit: 10 }))).toMatch(
    new RegExp(`failed .*${toId("run", id)} +timeout: too late`),
  );
});

test(
  "nofx deploy: runs that have not ended are exported, and held against the new code",
  { timeout: 60_000 },
  async () => {
    const { check, exportHistories } = await commands.deploy();
    const step = { name: "greet", kind: "agent", capability: "test.greet" } as const;
    const run = await seedRun(line.web.owner, line.tenantId, [
      { ...step, arguments: { capability: step.capability, input: { name: 5 } } },
    ]);
    const histories = await said(() => exportHistories({ capabilities: "test.greet" }));
    expect(JSON.parse(histories)).toMatchObject({
      version: 1,
      histories: [{ status: "queued", steps: [{ name: "greet", status: "queued" }] }],
    });
    const one = await said(() => exportHistories({ run: toId("run", run.id) }));
    expect(JSON.parse(one)).toMatchObject({ version: 1, steps: [{ input: { name: 5 } }] });
    await expect(exportHistories({})).rejects.toThrow("Give --run or --capabilities");
    const { id } = await seedAgent(line.web.owner, line.tenantId, { capabilities: ["test.leave"] });
    const gone = { name: "leave", kind: "agent", capability: "test.leave" } as const;
    await seedRun(line.web.owner, line.tenantId, [gone]);
    const agent = toId("agent", id);
    const shown = await said(() => check([process.execPath, ANSWERS], { agent, timeout: 60 }));
    process.exitCode = undefined;
    expect(shown).toMatch(/must stay pinned.*leave: Nothing in this code does test\.leave/);
    expect(shown).toMatch(/2.*live runs with steps for test\.greet[^]*needs a migration.*greet: /);
  },
);

test("nofx agents: listed, given keys, searched, drained, resumed, imported and retired", async () => {
  const agents = await import("../../apps/cli/src/commands/agents.ts");
  const keys = await import("../../apps/cli/src/commands/agent-keys.ts");
  const all = { status: "all", sort: "name", limit: 50 } as const;
  const declared = '{"capability": "code.patch", "successRate": 0.9, "costPerOperation": 0.01}';
  const edit = { capability: [declared, "code.review"], tag: ["code"], breaker: true };
  expect(await said(() => agents.create("patcher", edit))).toContain("is listed");
  await expect(agents.create("x", { ...edit, capability: ["{"] })).rejects.toThrow("takes a name");
  expect(await said(() => agents.list(["pat"], all))).toMatch(/active.*patcher.*0 in flight/);
  expect(await said(() => agents.list(["nobody"], all))).toContain("No agent fits");

  const scope = ["steps:run"] as const;
  const issued = JSON.parse(
    await said(() => keys.issue("patcher", { name: "ci", scope: [...scope], json: true })),
  ) as { keyId: string; key: string };
  expect(issued.key).toMatch(/^nofx_ak_/);
  const rotate = () => keys.rotate("patcher", issued.keyId, { overlap: "1h", json: true });
  expect(JSON.parse(await said(rotate))).toMatchObject({ scopes: [...scope] });
  expect(await said(() => keys.revoke("patcher", issued.keyId))).toContain("is revoked");
  expect(await said(() => keys.list("patcher", {}))).toMatch(/active.*ci[\s\S]*revoked.*ci/);

  await expect(agents.change("quarantine", "patcher", {})).rejects.toThrow("Say why");
  expect(await said(() => agents.change("drain", "patcher", { message: "moves" }))).toMatch(
    /is draining/,
  );
  expect(await said(() => agents.show("patcher", {}))).toMatch(/draining[\s\S]*moves[\s\S]*90 %/);
  expect(await said(() => agents.change("resume", "patcher", {}))).toContain("is active");
  expect(
    await said(() => agents.edit("patcher", { concurrency: 2, breaker: true }, false)),
  ).toMatch(/is changed/);
  expect(await said(() => agents.demand({}))).toMatch(/code\.patch.*0 waiting.*1 agents/);

  const card = await said(() => agents.card("patcher"));
  const file = join(line.home, "card.json");
  writeFileSync(file, card);
  expect(await said(() => agents.importCard(file, { name: "copy" }))).toContain("copy");
  expect(await said(() => agents.change("retire", "copy", {}))).toContain("is retired");
});
