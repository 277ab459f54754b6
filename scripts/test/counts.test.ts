import { describe, expect, it } from "vitest";
import { add, closingLine, countPlaywright, countVitest, exitCode } from "./counts.ts";

const file = (status: string, ...tests: string[]) => ({
  name: "a.test.ts",
  status,
  assertionResults: tests.map((result) => ({ status: result })),
});

describe("counting", () => {
  it("reads the report of vitest", () => {
    const report = {
      testResults: [
        file("passed", "passed", "skipped", "todo", "pending"),
        file("failed", "failed"),
      ],
    };
    expect(countVitest(report, 1)).toEqual({ passed: 1, failed: 1, skipped: 3 });
  });

  it("counts a file that could not be loaded, and an error outside any test, as one failed", () => {
    expect(countVitest({ testResults: [file("failed")] }, 1).failed).toBe(1);
    expect(countVitest({ testResults: [file("failed", "passed")] }, 1)).toEqual({
      passed: 1,
      failed: 1,
      skipped: 0,
    });
    expect(countVitest({ testResults: [file("passed", "passed")] }, 1).failed).toBe(1);
    expect(countVitest({ testResults: [file("passed", "passed")] }, 0).failed).toBe(0);
  });

  it("reads the report of Playwright, where a second try is a failure", () => {
    const stats = { expected: 3, unexpected: 1, flaky: 1, skipped: 2 };
    expect(countPlaywright({ stats }, 1)).toEqual({ passed: 3, failed: 2, skipped: 2 });
    const fine = { expected: 3, unexpected: 0, flaky: 0, skipped: 0 };
    expect(countPlaywright({ stats: fine }, 0).failed).toBe(0);
    expect(countPlaywright({ stats: fine }, 1).failed).toBe(1);
  });

  it("closes with one line, and succeeds when something ran and nothing failed", () => {
    const sum = add({ passed: 1, failed: 0, skipped: 2 }, { passed: 3, failed: 0, skipped: 0 });
    expect(closingLine(sum)).toBe("4 passed, 0 failed, 2 skipped");
    expect(exitCode(sum)).toBe(0);
    expect(exitCode(add())).toBe(1);
    expect(exitCode({ passed: 5, failed: 1, skipped: 0 })).toBe(1);
  });
});
