import type { Writable } from "node:stream";
import { spawn, spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { lock, tryLock } from "./lock.mjs";

let folder = "";
let file = "";
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "nofx-lock-"));
  file = join(folder, "state/start.lock");
});
afterEach(() => rmSync(folder, { recursive: true }));

/** A pid that has surely ended. */
const deadPid = () => spawnSync(process.execPath, ["-e", ""]).pid;

it("is taken once, names its holder, and is let go", () => {
  const first = tryLock(file, "npm start");
  expect(first.release).toBeTypeOf("function");
  expect(tryLock(file, "npm test").holder).toMatchObject({ pid: process.pid, what: "npm start" });
  first.release?.();
  expect(existsSync(file)).toBe(false);
  expect(readdirSync(join(folder, "state"))).toEqual([]);
});

it("is taken over from a holder that has ended, with a sentence", () => {
  tryLock(file, "old").release?.();
  const pid = deadPid();
  writeFileSync(file, JSON.stringify({ pid, started: "", what: "npm start" }));
  const told: string[] = [];
  const { release } = tryLock(file, "npm start", (text: string) => told.push(text));
  expect(told).toEqual([`Taking over a lock left by process ${pid}, which has ended.`]);
  expect(JSON.parse(readFileSync(file, "utf8")).pid).toBe(process.pid);
  release?.();
});

it("is taken over when another process now has the pid of the holder", () => {
  tryLock(file, "old").release?.();
  writeFileSync(file, JSON.stringify({ pid: process.pid, started: "1", what: "npm start" }));
  const { release } = tryLock(file, "npm start");
  expect(release).toBeTypeOf("function");
  release?.();
});

it.runIf(process.platform === "linux")(
  "is taken over from a holder that nobody collected",
  async () => {
    // The child ends only once its parent is a program that never asks how children ended: it stays behind as a zombie.
    const parent = spawn("sh", ["-c", "read line <&3 & echo $!; exec sleep 60"], {
      stdio: ["ignore", "pipe", "ignore", "pipe"],
    });
    const pid = await new Promise<number>((resolve) => {
      parent.stdout?.once("data", (data) => resolve(Number(data)));
    });
    await expect.poll(() => readFileSync(`/proc/${parent.pid}/comm`, "utf8")).toBe("sleep\n");
    (parent.stdio[3] as Writable).end();
    await expect.poll(() => readFileSync(`/proc/${pid}/stat`, "utf8")).toContain(") Z ");
    tryLock(file, "old").release?.();
    writeFileSync(file, JSON.stringify({ pid, started: "", what: "npm start" }));
    const { release } = tryLock(file, "npm start");
    parent.kill("SIGKILL");
    expect(release).toBeTypeOf("function");
    release?.();
  },
);

it("is taken over when a crash left half a file", () => {
  tryLock(file, "old").release?.();
  writeFileSync(file, '{"pid":');
  const { release } = tryLock(file, "npm start");
  expect(release).toBeTypeOf("function");
  release?.();
});

it("is waited for by who needs it", async () => {
  const { release: first } = tryLock(file, "npm start");
  const told: string[] = [];
  const second = lock(file, "npm test", (text: string) => {
    told.push(text);
    first?.();
  });
  (await second)();
  expect(told).toEqual([`Waiting for process ${process.pid} (npm start) in this clone to finish.`]);
});
