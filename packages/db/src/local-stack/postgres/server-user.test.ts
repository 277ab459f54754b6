import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { afterAll, afterEach, expect, it, vi } from "vitest";
import { chooseServerUser } from "./server-user.ts";

const folder = mkdtempSync(path.join(os.tmpdir(), "nofx-user-"));
const passwd = path.join(folder, "passwd");
const nowhere = path.join(folder, "data");

afterEach(() => {
  vi.restoreAllMocks();
  rmSync(passwd, { force: true });
});

afterAll(() => rmSync(folder, { recursive: true, force: true }));

function asUser(uid: number, lines: string[]): void {
  vi.spyOn(process as { getuid: () => number }, "getuid").mockReturnValue(uid);
  writeFileSync(passwd, `${lines.join("\n")}\n`);
}

it("is nobody else for an ordinary user", () => {
  asUser(1000, []);
  expect(chooseServerUser(nowhere, passwd)).toBeUndefined();
});

it("is postgres where there is one, else nobody, for root", () => {
  asUser(0, [
    "root:x:0:0::/root:/bin/sh",
    "nobody:x:65534:65533::/:/bin/false",
    "postgres:x:101:104::/:/bin/sh",
  ]);
  expect(chooseServerUser(nowhere, passwd)).toEqual({ uid: 101, gid: 104 });
  asUser(0, ["root:x:0:0::/root:/bin/sh", "nobody:x:65534:65533::/:/bin/false"]);
  expect(chooseServerUser(nowhere, passwd)).toEqual({ uid: 65_534, gid: 65_533 });
});

it("is a sentence when root has nobody to turn to", () => {
  asUser(0, ["root:x:0:0::/root:/bin/sh"]);
  expect(() => chooseServerUser(nowhere, passwd)).toThrow(/start as an ordinary user/);
});
