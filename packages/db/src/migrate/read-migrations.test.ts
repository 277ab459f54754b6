import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { afterEach, expect, it } from "vitest";
import { readMigrations } from "./read-migrations.ts";

let folder = "";
afterEach(() => rmSync(folder, { recursive: true, force: true }));

function folderWith(...names: string[]): string {
  folder = mkdtempSync(path.join(os.tmpdir(), "nofx-migrations-"));
  for (const name of names) writeFileSync(path.join(folder, name), `-- ${name}\n`);
  return folder;
}

it("reads the files in order and nothing else", () => {
  const found = readMigrations(folderWith("0002_b.sql", "0001_a.sql", "README.md"));
  expect(found.map(({ version, name }) => [version, name])).toEqual([
    ["0001", "a"],
    ["0002", "b"],
  ]);
});

it("lets numbers be left out", () => {
  const found = readMigrations(folderWith("0010_c.sql", "0003_b.sql", "0001_a.sql"));
  expect(found.map(({ version }) => version)).toEqual(["0001", "0003", "0010"]);
});

it.each([
  [["0001_a.sql", "0001_b.sql"], /0001_a\.sql and 0001_b\.sql have the same number/],
  [["1_a.sql"], /1_a\.sql is not named like/],
  [["0001_Add-it.sql"], /is not named like/],
])("refuses %j", (names, message) => {
  expect(() => readMigrations(folderWith(...names))).toThrow(message);
});

it("says when the folder is missing", () => {
  expect(() => readMigrations(path.join(os.tmpdir(), "nofx-no-such-folder"))).toThrow(
    /folder of migrations is missing/,
  );
});

it("finds the product's own migrations in order", () => {
  expect(readMigrations().length).toBeGreaterThan(0);
});
