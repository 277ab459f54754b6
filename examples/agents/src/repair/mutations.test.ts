import { expect, test } from "vitest";
import { applyMutation, mutationsOf } from "./mutations.ts";

const changes = (source: string) =>
  mutationsOf("a.js", source).map(({ before, after }) => `${before} ${after}`);

test("edges of comparisons and small numbers come first", () => {
  expect(changes("x = a < 1 && b;")).toEqual(["< <=", "1 2", "1 0", "< >", "&& ||", "< >="]);
});

test("what only looks like an operator is left alone", () => {
  expect(changes("const t = `a < b ${'<'} +`; const r = /<+>/; // a < b")).toEqual([]);
  expect(changes("import { min } from './min.js'; min(a, b);")).toEqual([]);
  expect(changes("Math.min(a, b);")).toEqual(["min max"]);
});

test("what no longer parses is not a candidate", () => {
  expect(changes("const f = (a) => a; ++b;")).toEqual(["++ --"]);
  expect(changes("a ?? b;")).toEqual(["?? ||"]);
  // `a || b ?? c` is no program.
  expect(changes("(a && b) || c;")).toEqual(["&& ||", "|| &&", "|| ??"]);
  expect(changes("a && b || c;")).toEqual(["&& ||", "|| &&"]);
});

test("numbers move by one, unless they are not counted in ones", () => {
  expect(changes("x = 86_400_000;")).toEqual(["86_400_000 86400001", "86_400_000 86399999"]);
  expect(changes("x = [0, 1.5, 0xff, 2n];")).toEqual(["0 1"]);
});

test("each applies to its place and says its line", () => {
  const source = "a < b;\nc < d;\n";
  const second = mutationsOf("a.js", source).find(
    ({ line, after }) => line === 2 && after === "<=",
  );
  expect(second && applyMutation(source, second)).toBe("a < b;\nc <= d;\n");
});
