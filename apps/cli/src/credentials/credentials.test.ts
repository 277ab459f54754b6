import { mkdtempSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { credentialsFile, makePassword, readCredentials, writeCredentials } from "./credentials.ts";

let home: string;
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), "nofx-credentials-"));
});
afterEach(() => rmSync(home, { recursive: true }));

const credentials = {
  people: {
    supervisor: { email: "s@demo.local", password: "p" },
    operator: { email: "o@demo.local", password: "q" },
  },
  agentKeys: { patcher: "nofx_ak_x" },
};

it("keeps them for their owner alone", () => {
  writeCredentials(home, credentials);
  expect(readCredentials(home)).toEqual(credentials);
  expect(statSync(credentialsFile(home)).mode & 0o777).toBe(0o600);
});

it("has none before the first start, and refuses a file that is none", () => {
  expect(readCredentials(home)).toBeUndefined();
  writeFileSync(credentialsFile(home), "{}");
  expect(() => readCredentials(home)).toThrow(/people/);
});

it("makes passwords that can be read from a screen", () => {
  const passwords = Array.from({ length: 200 }, makePassword);
  expect(new Set(passwords).size).toBe(200);
  for (const password of passwords)
    expect(password).toMatch(/^([a-km-np-z2-9]{4}-){3}[a-km-np-z2-9]{4}$/);
});
