import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { MUTANTS } from "../mutants/mutants.ts";
import { mutate } from "../mutants/run-mutant.ts";

const ROOT = join(import.meta.dirname, "../..");
const read = (path: string) => readFileSync(join(ROOT, path), "utf8");

test.each(MUTANTS.map((mutant) => [mutant.name, mutant] as const))(
  "%s: can still be made, and its killer is there",
  (_name, mutant) => {
    const before = read(mutant.file);
    expect(mutate(before, mutant)).not.toBe(before);
    expect(read(mutant.killer.file).replaceAll(/\s+/g, " ")).toContain(mutant.killer.test);
  },
);

test("there are enough, each under its own name", () => {
  expect(new Set(MUTANTS.map((mutant) => mutant.name)).size).toBe(MUTANTS.length);
  expect(MUTANTS.length).toBeGreaterThanOrEqual(25);
});
