import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { said, startCommandLine, type CommandLine } from "./fixtures/command-line.ts";

// What models are chosen from and by, from the command line: over HTTP, against the web's own handlers.

// The marker of modules that only Next's server may load; here nothing else does.
vi.mock("../../apps/web/node_modules/server-only/index.js", () => ({}));

let line: CommandLine;

beforeAll(async () => {
  line = await startCommandLine({ supervisor: "admin", operator: "supervisor", admin: "admin" });
});
afterAll(() => line[Symbol.asyncDispose]());

test("nofx providers and models: defined, probed, priced, switched off and taken back", async () => {
  const providers = await import("../../apps/cli/src/commands/providers.ts");
  const models = await import("../../apps/cli/src/commands/models.ts");
  const region = "default";
  expect(await said(() => providers.health(undefined, {}))).toContain("Nothing was called");
  expect(await said(() => providers.list({}))).toMatch(/no key +openai/);
  const set = { kind: "openai_compatible", region, key: false } as const;
  await expect(providers.set("mine", { ...set, url: "https://10.0.0.1/v1" })).rejects.toMatchObject(
    { code: "invalid_input" },
  );
  await expect(
    providers.set("mine", { ...set, url: "https://models.example.com/v1", header: ["x-team"] }),
  ).rejects.toThrow("name=value");
  const url = "https://models.example.com/v1";
  expect(
    await said(() => providers.set("mine", { ...set, url, header: ["x-team=search"] })),
  ).toMatch(/on +mine +openai_compatible +tenant/);
  expect(await said(() => models.set("mine/m", { quality: 0.4, context: 9_000 }))).toContain(
    "mine/m",
  );
  const price = { input: "0.5", output: "1", message: "List price" };
  expect(await said(() => models.price("mine/m", price))).toMatch(/now.*0\.5 \/ 1.*List price/);
  expect(await said(() => models.withdraw("mine/m", { message: "Mistaken" }))).toMatch(
    /withdrawn.*Mistaken/,
  );
  expect(await said(() => models.list({ search: "mine/" }))).toContain("no price");
  expect(await said(() => models.remove("mine/m"))).toContain("taken back");
  expect(await said(() => providers.turn("mine", false, { region }))).toMatch(/off +mine/);
  expect(await said(() => providers.remove("mine", { region }))).toContain("taken back");
  expect(await said(() => providers.probe("simulated/hasty", { region }))).toMatch(
    /healthy, \d+ ms: It answers/,
  );
  expect(await said(() => providers.health("simulated", {}))).toMatch(/healthy +simulated\/hasty/);
});

test("nofx policies and route: checked, saved, tried on a request, removed", async () => {
  const policies = await import("../../apps/cli/src/commands/policies.ts");
  const { route } = await import("../../apps/cli/src/commands/route.ts");
  const file = join(line.home, "policy.yaml");
  const write = (when: string) =>
    writeFileSync(
      file,
      `rules:\n  - when: ${when}\n    strategy: {type: fallback, targets: [{model: simulated/hasty}]}\n  - strategy: {type: quality}\n`,
    );
  expect(await said(() => policies.list({}))).toMatch(/default +v1 +product +balanced/);
  write('facts.team == "search" &&');
  await expect(policies.check(file, {})).rejects.toThrow("cannot be saved");
  await expect(policies.save("nightly", file, { message: "x" })).rejects.toMatchObject({
    code: "condition_invalid",
  });
  write('facts.team == "search"');
  expect(await said(() => policies.check(file, {}))).toContain("It can be saved");
  expect(await said(() => route(undefined, { draft: file, fact: ["team=search"] }))).toMatch(
    /chosen +simulated\/hasty/,
  );
  expect(await said(() => policies.save("nightly", file, { message: "Cheap" }))).toContain(
    "version 1",
  );
  expect(await said(() => route(undefined, { policy: "nightly" }))).toMatch(
    /chosen +simulated\/careful/,
  );
  expect(await said(() => policies.history("nightly", {}))).toMatch(/v1.*Cheap/);
  expect(await said(() => policies.remove("nightly", { message: "Over" }))).toContain("removed");
  await expect(route(undefined, { model: "openai/gpt-5" })).rejects.toThrow(
    "no_candidate: openai/gpt-5 is known, but there is no key",
  );
});

test("nofx dispatch: what would be chosen and why, settings, and nothing told of a gain that is not shown", async () => {
  const dispatch = await import("../../apps/cli/src/commands/dispatch.ts");
  expect(await said(() => dispatch.decisions({ limit: 20 }))).toContain("No strategy");
  expect(await said(() => dispatch.measure({ days: 30 }))).toMatch(/^Too few outcomes/);
  expect(await said(() => dispatch.whatIf("code.patch", { type: "chore" }))).toMatch(
    /solo.*\n[^]*Nothing was stored/,
  );
  await expect(dispatch.whatIf("code.patch", { label: ["a b"] })).rejects.toMatchObject({
    code: "invalid_input",
  });
  expect(await said(() => dispatch.settings({}))).toMatch(/hold-out +10 %[^]*by default/);
  expect(await said(() => dispatch.settings({ holdOut: 0.2 }))).toMatch(/hold-out +20 %/);
  await expect(dispatch.settings({ holdOut: 0.7 })).rejects.toMatchObject({
    code: "invalid_input",
  });
  await expect(dispatch.why("step_00000000000000000000000000", {})).rejects.toMatchObject({
    code: "not_found",
  });
});
