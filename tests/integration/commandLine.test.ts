import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { Readable } from "node:stream";
import { makeSigningKey } from "@nofx/control/audit/keys";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import type { TestWeb } from "../../apps/web/test/test-web.ts";
import { said, startCommandLine, type CommandLine } from "./fixtures/command-line.ts";

// Commands of `nofx` in this process, as somebody who typed them: signed in, over HTTP, against the web's own handlers.

// The marker of modules that only Next's server may load; here nothing else does.
vi.mock("../../apps/web/node_modules/server-only/index.js", () => ({}));

let web: TestWeb;
let home: string;
let tenantId: string;
let line: CommandLine;

beforeAll(async () => {
  line = await startCommandLine({ supervisor: "admin", operator: "supervisor", admin: "admin" });
  ({ web, home, tenantId } = line);
});
afterAll(() => line[Symbol.asyncDispose]());

test("nofx schedules: made, listed, paused, resumed, run and deleted by name", async () => {
  const schedules = await import("../../apps/cli/src/commands/schedules.ts");
  expect(await said(() => schedules.list({}))).toBe("Nothing begins by the clock.");
  const options = {
    cron: "0 6 * * *",
    zone: "Europe/Berlin",
    kind: "shell",
    with: '{"script": ":"}',
    overlap: "skip",
    catchUp: 0,
    jitter: 0,
  } as const;
  expect(await said(() => schedules.create("nightly", options))).toMatch(
    /nightly.*Europe\/Berlin; next 20/,
  );
  await expect(schedules.create("other", { ...options, with: "[]" })).rejects.toThrow(
    "--with takes a JSON object",
  );
  expect(await said(() => schedules.pause("nightly", { message: "holidays" }))).toContain("paused");
  expect(await said(() => schedules.list({}))).toMatch(/paused.*nightly.*holidays/);
  expect(await said(() => schedules.resume("nightly"))).toMatch(/goes on; next 20/);
  expect(await said(() => schedules.run("nightly"))).toMatch(/^run_/);
  expect(await said(() => schedules.remove("nightly"))).toContain("is deleted");
  expect(JSON.parse(await said(() => schedules.list({ json: true })))).toMatchObject({ items: [] });
  await expect(schedules.run("nightly")).rejects.toThrow('There is no schedule "nightly"');
});

test("nofx token: what it prints opens the REST API, and who sends none is told of it", async () => {
  const { token } = await import("../../apps/cli/src/commands/token.ts");
  const authorization = `Bearer ${await said(token)}`;
  const opened = await web.rest("/api/session", { headers: { authorization } });
  expect(opened.status).toBe(200);
  const refused = await web.rest("/api/session");
  expect([refused.status, await refused.text()]).toEqual([
    401,
    expect.stringContaining("npx nofx token"),
  ]);
});

test("nofx flags: listed, switched off and on again with a reason", async () => {
  const flags = await import("../../apps/cli/src/commands/flags.ts");
  expect(await said(() => flags.list({}))).toMatch(/FEATURE_AUTO_PLANNER.*by default/);
  const name = "FEATURE_PLANNER_EXECUTE";
  expect(await said(() => flags.set(name, "off", { message: "freeze" }))).toBe(`${name} is off.`);
  expect(await said(() => flags.list({}))).toMatch(/off.*FEATURE_PLANNER_EXECUTE.*freeze/);
  expect(
    JSON.parse(await said(() => flags.set(name, "on", { message: "over", json: true }))),
  ).toMatchObject({
    enabled: true,
    note: "over",
  });
  await expect(flags.set("FEATURE_X", "on", { message: "?" })).rejects.toMatchObject({
    status: 400,
  });
});

test("nofx keys: put by what is piped in, rotated, used, audited and retired", async () => {
  const keys = await import("../../apps/cli/src/commands/keys.ts");
  const keks = await import("../../apps/cli/src/commands/keks.ts");
  const { openKeyHere } = await import("../../packages/control/src/vault/use-key.ts");
  const { plane } = await import("../../apps/web/src/server/plane.ts");
  const use = async () => {
    const who = { type: "system", id: "test" } as const;
    const asked = { tenantId, provider: "openai", who, purpose: "chat.completions" };
    return (await openKeyHere(plane(), asked)).secret;
  };
  const piped = (secret: string) => {
    vi.spyOn(process, "stdin", "get").mockReturnValue(
      Readable.from([Buffer.from(`${secret}\n`)]) as unknown as typeof process.stdin,
    );
  };
  const [first, second] = ["sk-first-0123456789abcdefgh", "sk-second-0123456789abcdefg"];
  expect(await said(() => keys.list({}))).toContain("There are no keys yet");
  piped(first);
  expect(await said(() => keys.put("openai", { name: "default" }))).toContain("at version 1.");
  expect(await use()).toBe(first);
  piped(second);
  const rotated = await said(() => keys.rotate("openai", { name: "default", overlap: "1h" }));
  expect(rotated).toMatch(/at version 2\.[^]*Version 1 can be used until/);
  expect(await use()).toBe(second);
  const told = [
    await said(() => keys.list({})),
    await said(() => keys.audit("openai", { limit: 9 })),
  ];
  expect(told[0]).toMatch(/openai +default +v2 +…defg.*chat\.completions/);
  expect(told[1]).toMatch(/used[^]*rotated[^]*used[^]*put/);
  expect(told.join("")).not.toContain(second.slice(0, 20));
  expect(await said(() => keys.retire("openai", { name: "default" }))).toContain("is retired");
  await expect(use()).rejects.toMatchObject({ code: "key_missing" });
  piped("");
  await expect(keys.put("openai", { name: "default" })).rejects.toThrow("Nothing was given");
  await expect(keys.rotate("nobody", { name: "default" })).rejects.toThrow(
    "npx nofx keys put nobody",
  );

  await expect(keks.list({})).rejects.toThrow("operates the plane");
  await web.owner.query("update tenants set operates_plane = true where id = $1", [tenantId]);
  expect(await said(() => keks.list({}))).toMatch(/1 +current/);
  await expect(keks.rotate({})).rejects.toMatchObject({ status: 409 });
  await expect(keks.retire("1")).rejects.toMatchObject({ status: 409 });
  await web.owner.query("update tenants set operates_plane = false where id = $1", [tenantId]);
  vi.restoreAllMocks();
});

test("nofx compare: models beside our own plan, with why one was refused", async () => {
  const { compare } = await import("../../apps/cli/src/commands/compare.ts");
  const models = await import("../../apps/cli/src/commands/models.ts");
  expect(await said(() => models.list({}))).toMatch(/simulated\/careful.*3 \/ 15.*simulated/);
  expect(await said(() => models.list({ all: true }))).toMatch(
    /anthropic\/claude-sonnet-4-5.*3 \/ 15/,
  );
  const items = ["design", "build", "verify", "release"].map((id, i, all) => ({
    id,
    title: id,
    kind: "shell",
    with: { script: ":" },
    needs: all.slice(Math.max(0, i - 1), i),
  }));
  const operator = await web.person({ tenantId, role: "operator" });
  await web.rest("/api/backlog/import", {
    as: operator,
    method: "POST",
    body: { document: { version: 1, pack: "bakery", items } },
  });
  const text = await said(() => compare("bakery", {}));
  expect(text).toMatch(/ours.*NOFX.*4 steps/);
  expect(text).toMatch(/usable.*simulated\/careful.*ms.*\$0\.0\d+.*as ours/);
  expect(text).toMatch(/repaired.*simulated\/hasty/);
  expect(text).toMatch(/refused.*simulated\/broken/);
  expect(text).toMatch(/simulated\/broken: .*(JSON|depends on itself)/);
  expect(text).toMatch(/\/plans\/comparisons\/compare_/);
});

test("nofx queues: limited, paused, resumed and listed with the rules that bind them", async () => {
  const queues = await import("../../apps/cli/src/commands/queues.ts");
  const limit = () => queues.limit("gpu", { maxRunning: "2", rate: "100/60s:10" });
  expect(await said(limit)).toContain("queue gpu: 2 running; 100 in 60 s, 10 at once");
  expect(await said(() => queues.pause("gpu", { message: "a new driver" }))).toContain(
    "a new driver",
  );
  expect(await said(() => queues.list({}))).toMatch(/paused +gpu[^]*queue gpu: paused by/);
  expect(await said(() => queues.resume("gpu", {}))).toContain("It goes on.");
  expect(await said(() => queues.list({ json: true }))).toContain('"paused":null');
  await expect(queues.limit("gpu", {})).rejects.toThrow("Say which limit");
});

test("nofx retention: shown, set, and set back", async () => {
  const retention = await import("../../apps/cli/src/commands/retention.ts");
  expect(await said(() => retention.show({}))).not.toContain("own");
  expect(await said(() => retention.set({ archiveAfter: "7d", deleteAfter: "90d" }))).toMatch(
    /archived after +7d +own\n.* 90d +own/,
  );
  expect(JSON.parse(await said(() => retention.show({ json: true })))).toMatchObject({
    own: { archiveAfterSeconds: 604_800, deleteAfterDays: 90 },
  });
  expect(await said(() => retention.set({ reset: true }))).not.toContain("own");
  await expect(retention.set({})).rejects.toThrow("Say what to set");
  await expect(retention.set({ deleteAfter: "1h" })).rejects.toThrow("whole days");
  await expect(retention.set({ archiveAfter: "soon" })).rejects.toThrow("A span is written like");
});

test("nofx dead-letters and runs: what is not there is told of, and nothing is made up", async () => {
  const letters = await import("../../apps/cli/src/commands/dead-letters.ts");
  const runs = await import("../../apps/cli/src/commands/run-control.ts");
  expect(await said(() => letters.list({ status: "open", limit: 10 }))).toBe("No dead letters.");
  const pace = { limit: 10, maxPerMinute: 60 };
  expect(await said(() => letters.redrive(undefined, { ...pace, all: true }))).toBe(
    "No dead letters to redrive.",
  );
  await expect(letters.redrive(undefined, pace)).rejects.toThrow("Name one dead letter");
  const nothing = "run_00000000000000000000000000";
  await expect(runs.rerun(nothing, {})).rejects.toMatchObject({ code: "not_found" });
  await expect(runs.fork(nothing, { from: ["a"], edits: "none.json" })).rejects.toThrow(
    "There is no file none.json",
  );
});

test("nofx runs: a task's run is paused, resumed, and called off", async () => {
  const runs = await import("../../apps/cli/src/commands/run-control.ts");
  const { submit } = await import("../../apps/cli/src/commands/tasks.ts");
  const made = await said(() => submit({ kind: "shell", with: '{"script": ":"}', json: true }));
  const [run = ""] = (JSON.parse(made) as { runs: string[] }).runs;
  expect(await said(() => runs.pauseOrResume("pause", run))).toContain("is paused");
  expect(await said(() => runs.pauseOrResume("resume", run))).toContain("goes on");
  expect(await said(() => runs.cancel(run, { undo: true }))).toContain("is called off");
});

test("nofx import: a table is looked at, mapped, imported without its wrong rows, which are written down", async () => {
  const { importBacklog } = await import("../../apps/cli/src/commands/import.ts");
  const file = join(home, "work.csv");
  writeFileSync(file, "Was,Prio\nBuild,1\n=Break,soon\n");
  const map = ["title=Was"];
  const before = process.exitCode;
  const looked = await said(() => importBacklog(file, { dryRun: true, map }));
  expect(looked).toMatch(/work.*: csv[^]*Was +title[^]*row 3: priority unknown priority "soon"/);
  expect(looked).toContain("1 item could be imported (1 new, 0 changed, 0 as they are), 1 refused");
  expect(process.exitCode).toBe(1);
  process.exitCode = before;
  await said(() => importBacklog(file, { dryRun: true, map, skipInvalid: true }));
  expect(process.exitCode).toBe(before);
  const wrong = join(home, "wrong.csv");
  writeFileSync(wrong, "Was,Prio\nBreak,soon\n");
  await said(() => importBacklog(wrong, { dryRun: true, map, skipInvalid: true }));
  expect(process.exitCode).toBe(1);
  process.exitCode = before;
  await expect(importBacklog(file, { map })).rejects.toMatchObject({ code: "backlog_invalid" });
  await expect(importBacklog(file, { map: ["Was"] })).rejects.toThrow(/--map takes FIELD=COLUMN/);
  const refused = join(home, "refused.csv");
  const done = await said(() => importBacklog(file, { map, skipInvalid: true, refused }));
  expect(done).toMatch(/work.*1 item \(1 new[^]*1 were refused/);
  expect(readFileSync(refused, "utf8")).toMatch(
    /^Was,Prio,Problem\r\n'=Break,soon,"priority unknown/,
  );
});

test("nofx plan --dry-run forecasts, and leaves no plan behind", async () => {
  const { importBacklog } = await import("../../apps/cli/src/commands/import.ts");
  const { plan } = await import("../../apps/cli/src/commands/plan.ts");
  const items = ["ask", "pause"].map((id) => ({
    id,
    title: id,
    kind: "wait",
    with: { seconds: 90 },
    owner: "us",
  }));
  const file = join(home, "foreseen.json");
  writeFileSync(file, JSON.stringify({ version: 1, pack: "foreseen", items }));
  await said(() => importBacklog(file, { json: true }));
  const shown = await said(() => plan("foreseen", { dryRun: true }));
  expect(shown).toMatch(
    /2 steps. Nothing was stored[^]*takes.*1 min 30 s[^]*structural gate: allow/,
  );
  const { rows } = await web.owner.query("select from plans where tenant_id = $1", [tenantId]);
  expect(rows).toEqual([]);
  await expect(plan("foreseen", { dryRun: true, execute: true })).rejects.toThrow("not both");
});

test("nofx audit and lineage: exported, verified, a decision replayed, and what became of an item", async () => {
  const { importBacklog } = await import("../../apps/cli/src/commands/import.ts");
  const { plan } = await import("../../apps/cli/src/commands/plan.ts");
  const audit = await import("../../apps/cli/src/commands/audit.ts");
  const { verify } = await import("../../apps/cli/src/commands/audit-verify.ts");
  const { replay } = await import("../../apps/cli/src/commands/audit-replay.ts");
  const { lineage } = await import("../../apps/cli/src/commands/lineage.ts");
  const items = [{ id: "rest", title: "Rest", kind: "wait", with: { seconds: 1 }, owner: "us" }];
  const file = join(home, "backlog.json");
  writeFileSync(file, JSON.stringify({ version: 1, pack: "ledger", items }));
  await said(() => importBacklog(file, { json: true }));
  const made = JSON.parse(await said(() => plan("ledger", { execute: true, json: true }))) as {
    id: string;
    run: { runId: string };
  };

  const shown = await said(() => replay(made.id, {}));
  expect(shown).toMatch(/judged[^]*gate structural[^]*executed/);
  expect(shown).toContain("✔ the steps are those of the plan's digest");
  expect(shown).toContain("✔ its digest is the one that the audit log holds");
  expect(shown).not.toContain("differs from the database");
  await web.owner.query("update plan_steps set token = 'x' where tenant_id = $1", [tenantId]);
  expect(await said(() => replay(made.id, {}))).toMatch(/differs from the database: step rest/);
  const { rows } = await web.owner.query<{ body: string }>(
    "select body from audit_snapshots where tenant_id = $1 order by id limit 1",
    [tenantId],
  );
  const snapshot = join(home, "snapshot.json");
  writeFileSync(snapshot, rows[0]?.body ?? "");
  expect(await said(() => replay(snapshot, {}))).toContain("ledger");
  writeFileSync(snapshot, (rows[0]?.body ?? "").replace('"seconds": 1', '"seconds": 2'));
  await expect(said(() => replay(snapshot, {}))).rejects.toThrow("not what it was");
  await expect(replay(file, {})).rejects.toThrow("no snapshot");

  const log = join(home, "audit.jsonl");
  const key = join(home, "key.pem");
  writeFileSync(key, makeSigningKey().publicKey);
  const quiet = vi.spyOn(console, "error").mockImplementation(() => {});
  await audit.exportLog({ output: log });
  quiet.mockRestore();
  expect(await said(() => verify(log, { key: [key] }))).toMatch(
    /Nothing wrong[^]*holds no signed digest/,
  );
  writeFileSync(log, readFileSync(log, "utf8").replace("plan.created", "plan.approved"));
  await expect(said(() => verify(log, { key: [key] }))).rejects.toThrow("cannot be believed");
  await expect(audit.head({})).rejects.toThrow("No digest is signed yet");

  expect(await said(() => lineage("rest", {}))).toMatch(
    new RegExp(`Rest.*ledger/rest[^]*plan version 1[^]*${made.run.runId}[^]*spend: none recorded`),
  );
  expect(await said(() => lineage("ledger/rest", {}))).toContain("ledger/rest");
  await expect(lineage("other/rest", {})).rejects.toThrow('There is no item "other/rest"');
  await expect(lineage("nowhere", {})).rejects.toThrow('There is no item "nowhere"');
});

test("nofx budgets and nofx usage: set, used, changed, told and removed", async () => {
  const budgets = await import("../../apps/cli/src/commands/budgets.ts");
  const { usage } = await import("../../apps/cli/src/commands/usage.ts");
  const { reserve, settle } = await import("../../packages/control/src/budgets/index.ts");
  const { plane } = await import("../../apps/web/src/server/plane.ts");
  expect(await said(() => budgets.list({}))).toContain("Nothing is capped");
  const options = { scope: "tenant", measure: "usd", window: "day", outcome: "ask" } as const;
  expect(await said(() => budgets.set("a-day", "2.50", options))).toContain(
    "$2.5 a day of all, then ask.",
  );
  await expect(budgets.set("a-day", "3", options)).rejects.toMatchObject({ status: 409 });
  await expect(budgets.set("b", "a lot", options)).rejects.toMatchObject({ status: 400 });
  const { rows } = await web.owner.query<{ user_id: string }>(
    "select user_id from members where tenant_id = $1 limit 1",
    [tenantId],
  );
  const { db, newUuid } = plane();
  const held = await reserve(
    { db, newUuid, claims: { sub: rows[0]?.user_id, tenant_id: tenantId } },
    { tenantId, requestKey: "1", scopes: {}, amounts: { usd: 2n * 10n ** 12n }, leaseMs: 60_000 },
  );
  expect(await said(() => budgets.list({}))).toMatch(/80%.*\$0 used, \$2 reserved of \$2\.5/);
  if (held.outcome === "reserved") await settle({ db }, held.reservationId, { usd: 5n });
  expect(await said(() => budgets.change("a-day", { limit: "1", off: true }))).toContain(
    "$1 a day of all, then ask; it is off.",
  );
  expect(await said(() => budgets.windows("a-day", { limit: 5 }))).toContain(
    "$0.000000000005 used, $0 reserved of $1",
  );
  expect(await said(() => budgets.timeZone("Europe/Berlin"))).toContain("Europe/Berlin");
  await expect(budgets.timeZone("Mars/Base")).rejects.toMatchObject({ status: 422 });
  expect(await said(() => usage({ by: "model", limit: 10 }))).toContain("No model was asked");
  expect(await said(() => usage({ by: "day", limit: 10, csv: true }))).toMatch(
    /^day,name,calls.*\ntotal,,0,/,
  );
  expect(await said(() => budgets.remove("a-day"))).toContain("is removed");
  await expect(budgets.remove("a-day")).rejects.toThrow('There is no budget "a-day"');
});
