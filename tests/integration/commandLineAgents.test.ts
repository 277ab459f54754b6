import { chooseStrategy, noteOutcome, preferAgents } from "@nofx/control/dispatch";
import { prng } from "@nofx/core/testing";
import { toId, toUuid } from "@nofx/core/vocabulary";
import { createDatabase, createPool } from "@nofx/db/client";
import { seedAgent, seedRun } from "@nofx/db/testing";
import type { DB } from "@nofx/db/types";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { nofx, nofxJson, startCommandLine, type CommandLine } from "./fixtures/command-line.ts";

// Where agents are called and how they are chosen: as typed, over HTTP, against the web's own handlers.

// The marker of modules that only Next's server may load; here nothing else does.
vi.mock("../../apps/web/node_modules/server-only/index.js", () => ({}));
// A test types many commands, and each signs in anew: slow machines have the time.
vi.setConfig({ testTimeout: 90_000 });

let line: CommandLine;
beforeAll(async () => {
  line = await startCommandLine({
    supervisor: "supervisor",
    operator: "operator",
    admin: "admin",
  });
});
afterAll(() => line[Symbol.asyncDispose]());

test("nofx agents: a word that is no command is looked for", async () => {
  await nofx("agents", "create", "foolproof", "-c", "code.check");
  expect(await nofx("agents", "foo")).toMatch(/^ {2}active +foolproof .*code\.check/);
  const { items } = await nofxJson<{ items: { name: string }[] }>("agents", "foo");
  expect(items.map(({ name }) => name)).toEqual(["foolproof"]);
  expect(await nofx("agents", "serach", "foo")).toMatch(/^No agent fits "serach foo"\. /);
});

test("nofx agents push: where steps are posted to, on and off, and secrets that are shown once", async () => {
  const push = (verb: string, ...words: string[]) =>
    nofx("agents", "push", verb, "thumbs", ...words);
  const facts = (text: string) => text.split("\n").map((row) => row.trim().replace(/ {2,}/, ": "));
  await nofx("agents", "create", "thumbs", "-c", "image.thumb");
  await expect(push("show")).rejects.toThrow("it claims its steps itself");
  await expect(push("set", "https://10.0.0.1/x")).rejects.toMatchObject({ code: "invalid_input" });

  const url = "https://functions.example.org/steps";
  const made = facts(await push("set", url, "--concurrency", "3", "--timeout", "60"));
  const settings = [`posted to: ${url}`, "status: active", "at most: 3 steps at once, 60 s a call"];
  expect(made.slice(0, 5)).toEqual([...settings, "last post: never", ""]);
  expect(made[5]).toMatch(/^whsec_\S+$/);
  expect(made[6]).toMatch(/It is not shown again/);
  const again = await push("set", url, "--concurrency", "4");
  expect(again).toMatch(/at most +4 steps at once, 300 s a call/);
  expect(again).toContain("npx nofx agents push rotate thumbs");
  expect(again).not.toContain("whsec_");

  const off = await push("off");
  expect(off).toMatch(/status +disabled: switched off\n[^]*npx nofx agents push on thumbs$/);
  expect(await push("show")).toBe(off);
  expect(await push("on")).toMatch(/status +active\n/);
  expect(await nofxJson("agents", "push", "off", "thumbs")).toMatchObject({
    status: "disabled",
    disabledReason: "by_member",
  });
  await push("on", "--json");

  const id = (await nofxJson<{ agentId: string }>("agents", "push", "show", "thumbs")).agentId;
  await line.web.owner.query(
    `update agent_endpoints set attempts = 2, last_error = 'It answered 503.', failing_since = clock_timestamp(),
       pushed_at = '2026-01-02T03:04:05Z' where agent_id = $1`,
    [toUuid("agent", id)],
  );
  const failing = await push("show");
  expect(failing).toMatch(/last post +2026-01-02T03:04:05\.000Z/);
  expect(failing).toMatch(/in vain +2 ×, next at 20\S+Z: It answered 503\.$/);

  const told = vi.spyOn(console, "error").mockImplementation(() => {});
  const secret = await push("rotate");
  expect(secret).toMatch(/^whsec_\S+$/);
  expect(String(told.mock.calls[0])).toMatch(/not shown again.*signs too until 20\S+Z/);
  told.mockRestore();
  const rotated = await nofxJson<{ secret: string }>("agents", "push", "rotate", "thumbs");
  expect(rotated.secret).toMatch(/^whsec_/);
  expect(rotated.secret).not.toBe(secret);
  expect(await push("remove")).toBe("✔ thumbs claims its steps itself.");
  await expect(push("off")).rejects.toMatchObject({ code: "not_found" });
  const set = await nofxJson<object>("agents", "push", "set", "thumbs", url);
  expect(set).toMatchObject({ endpoint: { url }, secret: expect.stringMatching(/^whsec_/) });
});

/** Work for which agents and strategies are chosen, as a worker does it. */
async function choices() {
  const connectionString = line.web.stack.database.url("nofx_worker");
  const worker = createDatabase<DB>(
    createPool({ connectionString, applicationName: "worker", max: 2 }),
  );
  const { tenantId } = line;
  const work = { capability: "code.patch", labels: [], itemType: "bug", tenantId } as const;
  const random = prng(42);
  return {
    choose: (more: { runId?: string; stepId?: string } = {}) =>
      worker.transaction().execute((tx) => chooseStrategy(tx, { ...work, ...more }, random)),
    note: (decisionId: string, succeeded: boolean) =>
      noteOutcome(worker, { decisionId, succeeded, seconds: 90, costPico: 250_000_000_000n }),
    prefer: (stepId: string, agentId: string) =>
      worker.transaction().execute((tx) => preferAgents(tx, tenantId, [{ stepId, agentId }], 60)),
    [Symbol.asyncDispose]: () => worker.destroy(),
  };
}

test("nofx dispatch: what was chosen and why, what it brings, and who took a step", async () => {
  const { owner } = line.web;
  await using of = await choices();
  const dispatch = (...words: string[]) => nofx("dispatch", ...words);
  expect(await dispatch()).toBe("No strategy has been chosen yet.");
  expect(await dispatch("measure")).toBe(
    "Too few outcomes to tell: 0 outcomes of choices made at random, 0 of the others; it takes 20 of each.",
  );
  for (let i = 0; i < 2; i++) {
    await seedAgent(owner, line.tenantId, { capabilities: ["code.patch"] });
  }
  const draft = { kind: "agent", capability: "code.patch" } as const;
  const run = await seedRun(owner, line.tenantId, [
    { name: "a", ...draft },
    { name: "b", ...draft },
  ]);
  const stepId = run.steps["a"] ?? "";
  const [runId, step] = [toId("run", run.id), toId("step", stepId)];
  const first = await of.choose({ runId: run.id, stepId });
  await of.note(first.decisionId, true);
  let last = await of.choose();
  while (!last.heldOut) last = await of.choose();
  await of.note(last.decisionId, false);

  expect((await dispatch("decisions", "--run", runId)).split("\n")).toEqual([
    expect.stringMatching(
      /^ {2}20\S+Z {2}pair {2}by prior {2}code\.patch\/bug\/normal {2}succeeded {2}90 s, \$0\.25$/,
    ),
    `    ${first.reason}`,
    `    ${runId}  ${step}`,
  ]);
  const newest = await dispatch("-n", "1");
  expect(newest).toMatch(
    new RegExp(`^ {2}20\\S+Z {2}${last.strategy} {2}at random .* {2}failed {2}90 s, `),
  );
  expect(newest).toMatch(/\nThere are more than 1\.$/);
  expect(await dispatch("--held-out", "-c", "code.patch")).not.toContain("by prior");
  expect(await dispatch("-c", "code.other")).toBe("No choice fits that.");
  const listed = await nofxJson<object[]>("dispatch", "decisions", "--strategy", "pair");
  expect(listed.at(-1)).toMatchObject({ id: toId("dispatchDecision", first.decisionId), runId });

  const [words, ...measured] = (await dispatch("measure", "-d", "7")).split("\n");
  expect(words).toMatch(/^Too few outcomes to tell: 1 outcomes? of choices made at random, 1 of/);
  expect(measured.join("\n")).toMatch(
    new RegExp(
      `${last.strategy} +\\d chosen +1 at random +0 % of these succeeded \\(0 to \\d+\\) +worth -\\$0\\.`,
    ),
  );
  expect(await nofxJson("dispatch", "measure")).toMatchObject({ verdict: "too_few", heldOut: 1 });

  const likely = (await dispatch("what-if", "code.patch", "--allow", "pair", "solo")).split("\n");
  expect(likely[1]).toMatch(
    /^ {2}strategy +succeeds \(19 times in 20\) +takes +costs +worth +is taken in$/,
  );
  expect(likely.slice(2, 6).join("\n")).toMatch(
    /^ {2}solo +\d+ % \(\d+ to \d+\) +\d+ s +\$\d\.\d\d +-?\$\d+\.\d\d +\d+ of 100 draws[^]*swarm .* not allowed here$/,
  );
  expect(likely[6]).toMatch(/^ {2}agent +share +why$/);
  expect(likely.slice(7, 9).join()).toMatch(/agent-\S+ +\d+ % .*agent-\S+ +\d+ % /);
  expect(likely[9]).toBe("Nothing was stored.");
  const nobody = await dispatch("what-if", "code.other");
  expect(nobody).toMatch(/No agent offers code\.other now/);
  expect(nobody).not.toContain("share");
  const capability = "code.patch";
  const whatIf = await nofxJson<object>(
    "dispatch",
    "what-if",
    capability,
    "-t",
    "bug",
    "--allow",
    "solo",
  );
  expect(whatIf).toMatchObject({ strategy: "solo", segment: "code.patch/bug/normal" });
  expect(await nofxJson("dispatch", "measure")).toMatchObject({ chosen: 1, heldOut: 1 });

  expect(await dispatch("why", toId("step", run.steps["b"] ?? ""))).toBe(
    "Nobody has taken it yet.",
  );
  const [meant, other] = first.agents;
  await of.prefer(stepId, meant?.agentId ?? "");
  expect(await dispatch("why", step)).toMatch(
    new RegExp(
      `^Meant for ${meant?.name}: .*\\nNobody has taken it yet\\.\\npair, by the built-in prior`,
    ),
  );
  for (const [epoch, one] of [meant, other].entries()) {
    await owner.query(
      "insert into attempts (step_id, epoch, tenant_id, run_id, executor) values ($1, $2, $3, $4, $5)",
      [stepId, epoch + 1, line.tenantId, run.id, one?.agentId],
    );
  }
  expect((await dispatch("why", step)).split("\n").slice(1, 3)).toEqual([
    expect.stringMatching(
      new RegExp(`^ {2}20\\S+Z {2}${meant?.name} {2}preferred {2}It was left to`),
    ),
    expect.stringMatching(new RegExp(`^ {2}20\\S+Z {2}${other?.name} {2}stolen {5}It was left to`)),
  ]);
  // as on a terminal that shows colours
  vi.stubEnv("FORCE_COLOR", "1");
  expect(await dispatch("why", step)).toContain(`Z  \u001b[1m${other?.name}\u001b[22m  stolen`);
  vi.unstubAllEnvs();
  expect(await nofxJson("dispatch", "why", step)).toMatchObject({
    preferred: { name: meant?.name },
    attempts: [{ how: "preferred" }, { how: "stolen" }],
  });
});

test("nofx dispatch settings: read, changed in part, and what is no share is refused", async () => {
  const settings = (...words: string[]) => nofx("dispatch", "settings", ...words);
  const rows = (text: string) =>
    text.split("\n").map((row) => row.trim().replaceAll(/ {2,}/g, " "));
  const first = rows(await settings());
  expect(first).toEqual([
    "hold-out 10 % of choices are made at random",
    "success $10 is what one is worth",
    "hour $2 is what waiting for one costs",
    "preference 5 s a step is left to the agent that it is meant for",
    "by default",
  ]);
  // 7 in 100 is no share that a computer has exactly
  const changed = rows(await settings("--hold-out", "0.07", "--success-usd", "25"));
  expect(changed.slice(0, 4)).toEqual([
    "hold-out 7 % of choices are made at random",
    "success $25 is what one is worth",
    ...first.slice(2, 4),
  ]);
  expect(changed[4]).toMatch(/^set by \S+@\S+, 20\S+Z$/);
  expect(rows(await settings())).toEqual(changed);
  const told = await nofxJson("dispatch", "settings", "--prefer-seconds", "9", "--hour-usd", "3");
  expect(told).toMatchObject({
    settings: { holdOut: 0.07, successUsd: 25, hourUsd: 3, preferSeconds: 9 },
    byDefault: false,
  });
  await expect(settings("--hold-out", "0.7")).rejects.toMatchObject({ code: "invalid_input" });
  await expect(settings("--hold-out", "few")).rejects.toThrow("It takes a number, 0 or more.");
  expect(await nofxJson("dispatch", "settings")).toMatchObject({ settings: { holdOut: 0.07 } });
});

test("nofx demo: a strategy that there is not is named with those that there are, before anything starts", async () => {
  const { demo } = await import("../../apps/cli/src/commands/demo.ts");
  await expect(demo({ strategy: "alone" })).rejects.toThrow(
    "There is no strategy alone. --strategy takes solo, pair, hierarchical, swarm.",
  );
});
