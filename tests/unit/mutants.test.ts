import { readdirSync, readFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";
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

test.each(
  MUTANTS.flatMap((mutant) =>
    mutant.file.endsWith(".sql")
      ? mutant.edits.map(([find]) => [mutant.name, mutant.file, find])
      : [],
  ),
)("%s: no later migration replaces what %s has", (_name, file, find) => {
  const before = read(file).split(find)[0] ?? "";
  const name = [...before.matchAll(/create (?:or replace )?function ([\w.]+)/g)].at(-1)?.[1];
  const later = readdirSync(join(ROOT, dirname(file))).filter((other) => other > basename(file));
  expect(name).toBeDefined();
  expect(
    later.filter((other) =>
      new RegExp(`create (or replace )?function ${name}\\(`).test(read(join(dirname(file), other))),
    ),
  ).toEqual([]);
});

test("there are enough, each under its own name", () => {
  expect(new Set(MUTANTS.map((mutant) => mutant.name)).size).toBe(MUTANTS.length);
  expect(MUTANTS.length).toBeGreaterThanOrEqual(25);
});
