import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, it } from "vitest";
import { readProcessCoverage } from "./process-coverage.ts";

const folder = mkdtempSync(join(tmpdir(), "nofx-coverage-"));
afterAll(() => rmSync(folder, { recursive: true }));

it("knows which lines of TypeScript a process ran", () => {
  const file = join(folder, "sample.ts");
  writeFileSync(
    file,
    `interface Wide { name: string }
function called(wide: Wide): string {
  if (wide.name === "ä") {
    return "never";
  }
  return wide.name;
}
function never(): number {
  return 1;
}
console.log(called({ name: "x" }), typeof never);
`,
  );
  const reports = join(folder, "reports");
  const env = { ...process.env, NODE_V8_COVERAGE: reports };
  expect(spawnSync(process.execPath, [file], { env }).status).toBe(0);
  const ran = readProcessCoverage(reports);
  const lines = Array.from({ length: 11 }, (_, index) => index + 1);
  expect(lines.filter((line) => [3, 4, 6, 9, 11].includes(line) && ran(file, line))).toEqual([
    3, 6, 11,
  ]);
  expect(ran(join(folder, "other.ts"), 1)).toBe(false);
  expect(ran(file, 99)).toBe(false);
});

it("leaves out what ran transformed", () => {
  const reports = join(folder, "transformed");
  mkdirSync(reports);
  const url = "file:///a.ts";
  const functions = [{ ranges: [{ startOffset: 0, endOffset: 9, count: 1 }] }];
  const source = () => "run();\n";
  writeFileSync(join(reports, "1.json"), JSON.stringify({ result: [{ url, functions }] }));
  expect(readProcessCoverage(reports, source)("/a.ts", 1)).toBe(true);
  writeFileSync(
    join(reports, "1.json"),
    JSON.stringify({ result: [{ url, functions }], "source-map-cache": { [url]: {} } }),
  );
  expect(readProcessCoverage(reports, source)("/a.ts", 1)).toBe(false);
});

it("leaves out what a killed process wrote half of", () => {
  const reports = join(folder, "killed");
  mkdirSync(reports);
  const functions = [{ ranges: [{ startOffset: 0, endOffset: 9, count: 1 }] }];
  const whole = JSON.stringify({ result: [{ url: "file:///a.ts", functions }] });
  writeFileSync(join(reports, "1.json"), whole.slice(0, -9));
  writeFileSync(join(reports, "2.json"), whole);
  expect(readProcessCoverage(reports, () => "run();\n")("/a.ts", 1)).toBe(true);
});

it("is empty without reports", () => {
  expect(readProcessCoverage(join(folder, "none"))("a.ts", 1)).toBe(false);
});
