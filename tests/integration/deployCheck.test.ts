import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, afterEach, expect, test } from "vitest";
import { check } from "../../apps/cli/src/commands/deploy.ts";
import { said } from "./fixtures/command-line.ts";

// Modules that are loaded by path, as authors have them: they find the SDK from where they are.

const EXAMPLES = join(import.meta.dirname, "../../examples/agents/src");
const ANSWERS = fileURLToPath(new URL("./fixtures/answer-deploy-check.ts", import.meta.url));
const PATCHER = join(EXAMPLES, "patcher.ts");

const folder = mkdtempSync(join(tmpdir(), "nofx-deploy-test-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
/** Modules of a folder that finds the SDK, as where it is installed. */
const besideSdk = join(folder, "with-sdk");
mkdirSync(join(besideSdk, "node_modules/@nofx"), { recursive: true });
symlinkSync(join(EXAMPLES, "../node_modules/@nofx/sdk"), join(besideSdk, "node_modules/@nofx/sdk"));
afterEach(() => {
  process.exitCode = undefined;
});

const id = (kind: string, n: number) => `${kind}_01k5qf0000e00800000000000${n}`;

/** A run that has begun and waits, for that capability and with that input. */
function historyOf(capability: string, input: unknown, checkpoints: unknown[] = []) {
  const step = {
    id: id("step", 1),
    name: "fix",
    parent: null,
    kind: "agent",
    capability,
    status: "queued",
    attempts: 1,
    attempt: 1,
    holds: [],
    needs: [],
    input,
    output: null,
    error: null,
    checkpoints,
    approvals: [],
    waits: [],
    sent: [],
    tools: [],
  };
  return {
    version: 1,
    runId: id("run", 1),
    status: "running",
    recordedAt: "2026-01-01T00:00:00Z",
    steps: [step],
  };
}

function fileOf(name: string, ...histories: unknown[]): string {
  const path = join(folder, name);
  writeFileSync(path, JSON.stringify({ version: 1, histories }));
  return path;
}

test(
  "a module is held against live runs: what it does not take is told, by step, and CI stops",
  { timeout: 60_000 },
  async () => {
    const file = fileOf("input.json", historyOf("code.patch", { mayChange: [] }));
    const report = JSON.parse(
      await said(() => check([PATCHER], { file, timeout: 60, json: true })),
    ) as object;
    expect(report).toMatchObject({
      counts: { needs_migration: 1, continues: 0 },
      capabilities: ["code.patch"],
      runs: [{ verdict: "needs_migration", findings: [{ code: "input_refused", step: "fix" }] }],
      left: [],
    });
    expect(process.exitCode).toBe(1);
  },
);

test(
  "a command of the author's own answers in its place; with nothing to tell, CI goes on",
  { timeout: 60_000 },
  async () => {
    const file = fileOf(
      "fine.json",
      historyOf("test.greet", { name: "Ann" }, [{ name: "greet", value: "hello Ann" }]),
    );
    const command = [process.execPath, ANSWERS];
    const shown = await said(() => check(command, { file, timeout: 60 }));
    expect(shown).toContain("continues");
    expect(process.exitCode).toBeUndefined();
    const gone = fileOf("gone.json", historyOf("test.leave", {}));
    expect(
      await said(() => check(command, { file: gone, offered: "test.leave", timeout: 60 })),
    ).toMatch(/must stay pinned.*Nothing in this code does test\.leave/);
    expect(process.exitCode).toBe(1);
  },
);

test("what is not there, or no agent, is said in a sentence", { timeout: 60_000 }, async () => {
  const file = fileOf("none.json");
  await expect(check(["nowhere.ts"], { file, timeout: 60 })).rejects.toThrow("There is no file");
  await expect(check([join(EXAMPLES, "main.ts")], { file, timeout: 60 })).rejects.toThrow(
    "without running the agent",
  );
  for (const [name, text, why] of [
    [
      "empty.mjs",
      "export const nothing = 1;",
      /: The module exports no agent and no task: [^\n]*$/,
    ],
    [
      "broken.mjs",
      'throw new Error("no such bank");',
      /broken\.mjs cannot be checked: no such bank$/,
    ],
  ] as const) {
    const path = join(besideSdk, name);
    writeFileSync(path, text);
    await expect(check([path], { file, timeout: 60 })).rejects.toThrow(why);
  }
  await expect(
    check([PATCHER], { file: join(EXAMPLES, "../package.json"), timeout: 60 }),
  ).rejects.toThrow("nofx deploy export");
});
