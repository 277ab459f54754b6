import {
  closeSync,
  existsSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
  writeSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { openLog, tailLog } from "./open-log.ts";

let folder: string;
let file: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "nofx-log-"));
  file = join(folder, "logs/web.log");
});
afterEach(() => rmSync(folder, { recursive: true }));

function log(text: string, at = new Date(0)): void {
  const fd = openLog(file, at);
  writeSync(fd, text);
  closeSync(fd);
}

it("keeps what earlier starts wrote, and shows the end of the newest", () => {
  log("old\n");
  log("one\ntwo\n\nthree\n");
  expect(readFileSync(file, "utf8")).toContain("old");
  expect(tailLog(file, 2)).toEqual(["two", "three"]);
  expect(tailLog(file, 9)).toEqual(["one", "two", "three"]);
});

it("leaves out stacks", () => {
  log("Error: no\n    at main (file:1:1)\n\nNode.js v24.0.0\n");
  expect(tailLog(file, 9)).toEqual(["Error: no"]);
});

it("is for its owner alone", () => {
  log("secret\n");
  expect(statSync(file).mode & 0o777).toBe(0o600);
});

it("moves a large log aside", () => {
  log("first\n");
  writeFileSync(file, Buffer.alloc(6 * 1024 * 1024, "x"));
  log("second\n");
  expect(statSync(`${file}.old`).size).toBe(6 * 1024 * 1024);
  expect(tailLog(file, 9)).toEqual(["second"]);
});

it("has nothing to show where nothing was written", () => {
  expect(existsSync(file)).toBe(false);
  expect(tailLog(file, 9)).toEqual([]);
});
