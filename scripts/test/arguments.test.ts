import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { findBrowserTests, readArguments } from "./arguments.ts";

const root = mkdtempSync(join(tmpdir(), "nofx-arguments-"));
for (const file of [
  "tests/integration/autoPlanner.cloud.test.ts",
  "tests/browser/approve.spec.ts",
  "packages/core/src/planner/order.test.ts",
  "packages/core/src/planner/order.ts",
  "docs/empty/note.md",
]) {
  mkdirSync(dirname(join(root, file)), { recursive: true });
  writeFileSync(join(root, file), "");
}
afterAll(() => rmSync(root, { recursive: true }));

describe("the arguments of npm test", () => {
  it("runs everything without any", () => {
    expect(readArguments(root, [])).toEqual({ all: true, vitest: [], playwright: [] });
  });

  it("accepts and ignores a leading --runInBand", () => {
    const file = "tests/integration/autoPlanner.cloud.test.ts";
    expect(readArguments(root, ["--runInBand", file])).toEqual({
      all: false,
      vitest: [file],
      playwright: [],
    });
    expect(readArguments(root, ["--runInBand"]).all).toBe(true);
  });

  it("chooses the runner by the path, both for a folder of both", () => {
    expect(readArguments(root, ["tests/browser/approve.spec.ts"]).playwright).toEqual([
      "tests/browser/approve.spec.ts",
    ]);
    expect(readArguments(root, ["tests"])).toMatchObject({
      vitest: ["tests/"],
      playwright: ["tests/"],
    });
    expect(readArguments(root, ["./packages/core"])).toMatchObject({
      vitest: ["packages/core/"],
      playwright: [],
    });
  });

  it("takes a name to filter by", () => {
    expect(readArguments(root, ["-t", "orders"])).toMatchObject({ all: true, name: "orders" });
    expect(() => readArguments(root, ["-t"])).toThrow("-t wants a name");
  });

  it("says what is wrong with a path, and what may have been meant", () => {
    expect(() => readArguments(root, ["tests/autoplanner.test.ts"])).toThrow(
      "There is no test file or folder tests/autoplanner.test.ts. Did you mean tests/integration/autoPlanner.cloud.test.ts?",
    );
    expect(() => readArguments(root, ["nothing/like/it"])).toThrow(/nothing\/like\/it\.$/);
    expect(() => readArguments(root, ["../elsewhere"])).toThrow("There is no test file or folder");
    expect(() => readArguments(root, ["docs"])).toThrow("The folder docs holds no tests.");
    expect(() => readArguments(root, ["packages/core/src/planner/order.ts"])).toThrow("not a test");
    expect(() => readArguments(root, ["--watch"])).toThrow("Unknown option --watch");
  });

  it("knows the browser tests", () => {
    expect(findBrowserTests(root)).toEqual(["approve.spec.ts"]);
  });
});
