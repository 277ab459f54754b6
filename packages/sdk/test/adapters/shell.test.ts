import { spawn } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, expectTypeOf, test, vi } from "vitest";
import { z } from "zod";
import { shellTask, type ShellResult } from "../../src/adapters/shell/index.ts";
import type { TaskInput, TaskOutput } from "../../src/index.ts";
import { Output } from "../../src/adapters/shell/output.ts";
import { FakePlane } from "../fake-plane/server.ts";
import { start } from "../harness.ts";

let folder = "";
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "nofx-shell-"));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const node = (code: string) => [process.execPath, "-e", code];
/** A process that ended, and that nobody has looked after yet, is no longer alive. */
const isAlive = (pid: number) => {
  try {
    if (existsSync("/proc/self")) return !readFileSync(`/proc/${pid}/stat`, "utf8").includes(") Z");
    return process.kill(pid, 0);
  } catch {
    return false;
  }
};
const patience = { timeout: 15_000, interval: 20 };
/** The number that something writes there once it runs. */
const pidIn = (file: string) =>
  vi.waitFor(async () => {
    const pid = Number(await readFile(file, "utf8"));
    expect(pid).toBeGreaterThan(0);
    return pid;
  }, patience);
const untilGone = (pid: number) => vi.waitFor(() => expect(isAlive(pid)).toBe(false), patience);

test("the command reads the input, its lines are the log, and this process's secrets do not pass", async () => {
  await using plane = await FakePlane.start();
  process.env["NOFX_AGENT_KEY"] = "nofx_ak_secret";
  const step = plane.enqueue({ input: { who: "world; exit 9" } });
  const greet = shellTask("test.task", {
    input: z.object({ who: z.string() }),
    command: ({ who }) => [
      ...node(
        "console.log(process.argv[1], process.env.NOFX_AGENT_KEY, process.env.LEVEL); process.stdin.pipe(process.stderr)",
      ),
      who,
    ],
    env: { LEVEL: "7" },
  });
  expectTypeOf<TaskInput<typeof greet>>().toEqualTypeOf<{ who: string }>();
  expectTypeOf<TaskOutput<typeof greet>>().toEqualTypeOf<ShellResult>();
  start(plane, [greet]);
  await plane.until(() => step.status === "succeeded");
  delete process.env["NOFX_AGENT_KEY"];
  const stdout = "world; exit 9 undefined 7\n";
  expect(step.output).toEqual({ stdout, stderr: '{"who":"world; exit 9"}', truncated: false });
  expect(step.logs.map(({ level, text }) => [level, text])).toEqual([
    ["info", stdout.trim()],
    ["warn", '{"who":"world; exit 9"}'],
  ]);
  expect([...step.checkpoints.keys()]).toEqual(["command"]);
});

test.each([
  ["64, a wrong use", node("process.exit(64)"), "permanent", undefined],
  ["75, for now", node("process.exit(75)"), "retryable", 60],
  ["3, as the author says", node("process.exit(3)"), "permanent", undefined],
  ["a program that is not there", ["no-such-program"], "permanent", undefined],
  ["any other", node("console.error('out of paper'); process.exit(1)"), "retryable", undefined],
])("%s", async (_, command, kind, retryAfterSeconds) => {
  await using plane = await FakePlane.start();
  const step = plane.enqueue();
  start(plane, [shellTask("test.task", { command, permanent: [3] })]);
  await plane.until(() => step.errors.length > 0);
  expect(step.errors[0]?.error.class).toBe(kind);
  expect(step.errors[0]?.retryAfterSeconds).toBe(retryAfterSeconds);
});

test("what a program reads comes back checked, and is no log", async () => {
  await using plane = await FakePlane.start();
  const output = z.object({ n: z.number() });
  const good = plane.enqueue();
  start(plane, [shellTask("test.task", { command: node("console.log('{\"n\":1}')"), output })]);
  await plane.until(() => good.status === "succeeded");
  expect(good).toMatchObject({ output: { n: 1 }, logs: [] });
});

/** A shell with a child of its own, which would not hear of its parent's end. */
const family = (file: string) => [
  "/bin/sh",
  "-c",
  `"${process.execPath}" -e 'require("node:fs").writeFileSync("${file}", String(process.pid)); process.on("SIGTERM", () => {}); setInterval(() => {}, 1000)' & wait`,
];

test("when the lease is lost the whole process group dies, and the result is dropped", async () => {
  await using plane = await FakePlane.start({ leaseSeconds: 0.3 });
  const file = join(folder, "lost");
  const step = plane.enqueue();
  const agent = start(plane, [
    shellTask("test.task", { command: family(file), killAfterSeconds: 0.1 }),
  ]);
  const pid = await pidIn(file);
  plane.steal(step);
  await plane.until(() => agent.events.some((event) => event.type === "step.ended"));
  await untilGone(pid);
  expect(step).toMatchObject({ settled: [], errors: [], checkpoints: new Map() });
});

test("a command that takes too long is killed, and tried again", async () => {
  await using plane = await FakePlane.start();
  const file = join(folder, "long");
  const step = plane.enqueue();
  start(plane, [
    shellTask("test.task", { command: family(file), timeoutSeconds: 0.3, killAfterSeconds: 0.1 }),
  ]);
  await plane.until(() => step.errors.length > 0);
  expect(step.errors[0]?.error).toMatchObject({ class: "retryable" });
  expect(step.errors[0]?.error.message).toContain("longer than 0.3 s");
});

test("a command does not outlive its agent, however that ends", async () => {
  const file = join(folder, "orphan");
  const runner = join(import.meta.dirname, "../../src/adapters/shell/run-command.ts");
  const code = `
    import { runCommand } from ${JSON.stringify(runner)};
    await runCommand({ argv: ${JSON.stringify(family(file))}, env: {}, killAfterMs: 1000,
      signal: new AbortController().signal, onStdout() {}, onStderr() {} });`;
  const agent = spawn(process.execPath, ["--input-type=module", "-e", code], { stdio: "ignore" });
  const pid = await pidIn(file);
  agent.kill("SIGKILL");
  await untilGone(pid);
});

test("output is bounded, and the end is remembered all the same", () => {
  const lines: string[] = [];
  let told = 0;
  const output = new Output({
    line: (line) => lines.push(line),
    full: () => (told += 1),
    maxBytes: 1_000,
  });
  for (let n = 0; n < 1_000; n++) output.push(Buffer.from(`line ${n}\r\n`));
  output.push(Buffer.from(`${"x".repeat(10_000)}\n`));
  output.end();
  expect(lines.length).toBe(15);
  expect(output.text.length).toBeLessThanOrEqual(1_000);
  expect(output.truncated).toBe(true);
  expect(told).toBe(1);
  expect(output.tail.split("\n").at(-2)).toBe("line 999");
  expect(output.tail.length).toBeLessThan(5_000);
});
