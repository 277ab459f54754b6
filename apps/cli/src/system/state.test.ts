import { mkdtempSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { identifyProcess } from "@nofx/db/local-stack/process-identity";
import { afterEach, beforeEach, expect, it } from "vitest";
import { alreadyRunning, lockSystem } from "./lock.ts";
import { isAlive, readState, removeState, writeState, type SystemState } from "./state.ts";

let home: string;
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), "nofx-state-"));
});
afterEach(() => rmSync(home, { recursive: true }));

const state: SystemState = {
  pid: process.pid,
  started: identifyProcess(process.pid)?.started ?? "",
  phase: "ready",
  command: "npm start",
  startedAt: "2026-01-01T00:00:00.000Z",
  addresses: {
    dashboard: "http://127.0.0.1:3000",
    supabase: "http://127.0.0.1:54321",
    publishableKey: "k",
    agents: "http://127.0.0.1:8790",
    postgresPort: 54_322,
  },
  processes: [],
};

it("tells others what runs, for the owner's eyes", () => {
  writeState(home, state);
  expect(readState(home)).toEqual(state);
  expect(statSync(join(home, "state.json")).mode & 0o777).toBe(0o600);
  removeState(home);
  expect(readState(home)).toBeUndefined();
});

it("knows a process from a later one with its number, and a broken file from a state", () => {
  expect(isAlive(state)).toBe(true);
  expect(isAlive({ ...state, started: "1" })).toBe(false);
  writeFileSync(join(home, "state.json"), "{");
  expect(readState(home)).toBeUndefined();
});

it("lets one system have the clone and tells the second where the first is", () => {
  const lock = lockSystem(home, "npm start", () => {});
  expect("release" in lock).toBe(true);
  const second = lockSystem(home, "npm run demo", () => {});
  expect(second).toMatchObject({ holder: { pid: process.pid, what: "npm start" } });
  const holder = { pid: 7, what: "npm start", at: "2026-01-01T00:00:00.000Z" };
  expect(alreadyRunning(home, holder).message).toContain("it is starting");
  writeState(home, state);
  expect(alreadyRunning(home, holder).message).toMatch(
    /npm start, process 7 since .*its dashboard is http:\/\/127.0.0.1:3000[^]*npx nofx stop/,
  );
  if ("release" in lock) lock.release();
});
