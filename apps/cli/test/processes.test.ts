import { spawn } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { identifyProcess } from "@nofx/db/local-stack/process-identity";
import { until } from "@nofx/db/testing";
import { afterEach, beforeEach, expect, it } from "vitest";
import { keepRunning, type Crash, type KeptProcess } from "../src/processes/keep-running.ts";
import { startProcess, type ProcessSpec } from "../src/processes/start-process.ts";
import { stopProcess } from "../src/processes/stop-process.ts";
import { clearLeftovers } from "../src/system/leftovers.ts";
import { writeState } from "../src/system/state.ts";

const script = fileURLToPath(new URL("./fixtures/server.ts", import.meta.url));
const parentScript = fileURLToPath(new URL("./fixtures/parent.ts", import.meta.url));
const PATIENT = { hurryMs: 5_000, killMs: 10_000 };

let folder: string;
let notes: string;
let kept: KeptProcess | undefined;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "nofx-processes-"));
  notes = join(folder, "notes");
});
afterEach(() => {
  kept?.kill();
  kept = undefined;
  rmSync(folder, { recursive: true });
});

const specOf = (env: Record<string, string> = {}): ProcessSpec => ({
  name: "server",
  script,
  cwd: folder,
  env: { NOTES: notes, ...env },
  log: join(folder, "server.log"),
});

const noted = () => (existsSync(notes) ? readFileSync(notes, "utf8").trim().split("\n") : []);
const isGone = (pid: number) => identifyProcess(pid) === undefined;

/** The numbers of the nth server that has started, and of its child. */
function started(nth: number): Promise<[number, number]> {
  return until(`start ${nth}`, () => {
    const line = noted().filter((one) => one.startsWith("started"))[nth - 1];
    if (line === undefined) return undefined;
    const [, pid, child] = line.split(" ").map(Number);
    return [pid ?? 0, child ?? 0] as [number, number];
  });
}

it("stops a process and everything in its group", async () => {
  const process = startProcess(specOf());
  const [, child] = await started(1);
  await stopProcess(process, PATIENT);
  expect(await process.ended).toEqual({ code: 0, signal: null });
  await until("the child is gone", () => isGone(child));
});

it("insists, then kills, where asking does not help", async () => {
  const process = startProcess(specOf({ STUBBORN: "1" }));
  const [, child] = await started(1);
  await stopProcess(process, { hurryMs: 150, killMs: 400 });
  expect(await process.ended).toEqual({ code: null, signal: "SIGKILL" });
  expect(noted().slice(1)).toEqual(["SIGTERM", "SIGTERM"]);
  await until("the child is gone", () => isGone(child));
});

it("starts again what was killed, without its orphans, and lets go when told", async () => {
  const crashes: Crash[] = [];
  kept = keepRunning(specOf(), { start: () => {}, crash: (crash) => crashes.push(crash) });
  const [first, orphan] = await started(1);
  process.kill(first, "SIGKILL");
  const [second] = await started(2);
  expect(crashes).toEqual([{ ended: { code: null, signal: "SIGKILL" }, count: 1, againInMs: 500 }]);
  await until("the orphan is gone", () => isGone(orphan));
  expect(kept.current().pid).toBe(second);
  await kept.stop(PATIENT);
  expect(crashes).toHaveLength(1);
  expect(isGone(second)).toBe(true);
});

it("ends by itself when its parent is killed outright", async () => {
  const args = [parentScript, script, folder, notes, join(folder, "log")];
  const parent = spawn(process.execPath, args, { stdio: "ignore" });
  const [server, child] = await started(1);
  parent.kill("SIGKILL");
  await until("the server is gone", () => isGone(server));
  process.kill(child, "SIGKILL");
  expect(noted()).toContain("SIGTERM");
});

it("clears away what a system that was killed has left behind", async () => {
  const left = startProcess(specOf({ STUBBORN: "1" }));
  const [pid] = await started(1);
  const identity = identifyProcess(pid) ?? { pid, started: "" };
  writeState(folder, {
    ...identity,
    phase: "ready",
    command: "npm start",
    startedAt: "2026-01-01T00:00:00.000Z",
    addresses: null,
    processes: [
      { name: "server", ...identity },
      { name: "another that has got its number", pid, started: "1" },
    ],
  });
  expect(await clearLeftovers(folder, 100)).toBe(1);
  expect(await left.ended).toEqual({ code: null, signal: "SIGKILL" });
  expect(await clearLeftovers(folder, 100)).toBe(0);
});
