import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { aimsOf } from "../../../bench/engine/aims.ts";
import { bestProfile, ratio, readingsOf } from "../../../bench/engine/compare.ts";
import { writeReport } from "../../../bench/engine/report.ts";
import { METRICS, readResults } from "../../../bench/engine/results.ts";
import { assertSameLoops } from "../../../bench/lib/same-loops.ts";

const cells = { W1: { default: "as it comes", tuned: "at its best" } };
const session = {
  t: "session",
  date: "2026-01-02",
  machine: { cpus: 2, model: "x", memGiB: 4, kernel: "6", node: "v24" },
  fsync: { p50: 0.05, p95: 0.08 },
  postgres: { server_version: "17.10", fsync: "on" },
  pgSettings: ["max_connections=200"],
  engines: {
    nofx: { version: "workspace", store: "postgres", cells },
    dbos: { version: "5", store: "postgres", cells },
  },
};
const cell = (engine: string, rep: number, drainPerS: number, more: object = {}) => ({
  t: "cell",
  workload: "W1",
  profile: "tuned",
  engine,
  rep,
  drainPerS,
  noisy: false,
  foreign: 0,
  cpuWorker: 0.5,
  cpuStore: 1,
  ...more,
});

function resultsOf(lines: object[]) {
  const folder = mkdtempSync(join(tmpdir(), "nofx-bench-report-"));
  mkdirSync(join(folder, "fast"));
  const file = join(folder, "fast/results.jsonl");
  writeFileSync(file, lines.map((line) => JSON.stringify(line)).join("\n"));
  return { folder, results: readResults(file), remove: () => rmSync(folder, { recursive: true }) };
}

const LINES = [
  session,
  cell("nofx", 1, 10_000),
  cell("nofx", 2, 30_000),
  cell("dbos", 1, 1_000),
  cell("dbos", 2, 2_000, { noisy: true, foreign: 1 }),
  cell("dbos", 2, 5_000, { noisy: true, foreign: 0.5 }),
  cell("dbos", 1, 900, { profile: "default" }),
  cell("dbos", 3, 1, { error: "fell over" }),
];

test("numbers are medians, ratios are taken within a repetition, of attempts the least disturbed counts", () => {
  const { results, remove } = resultsOf(LINES);
  const [drain] = METRICS["W1"] ?? [];
  const place = { workload: "W1", profile: "tuned", metric: "drainPerS" };
  expect(readingsOf(results)).toContainEqual({ ...place, engine: "nofx", value: 20_000, reps: 2 });
  expect(readingsOf(results)).toContainEqual(
    expect.objectContaining({
      engine: "nofx",
      metric: "storeUsPerJob",
      value: (100 + 100 / 3) / 2,
    }),
  );
  expect(bestProfile(results, "W1", "dbos")).toBe("tuned");
  expect(
    drain && ratio(results, drain, { ...place, engine: "nofx" }, { ...place, engine: "dbos" }),
  ).toBe((10 + 6) / 2);
  expect(aimsOf(results).map(({ what, verdict }) => [what, verdict])).toEqual([
    ["drain/s: the best Postgres peer", "met"],
    ["drain/s: 10 × DBOS", "not met"],
  ]);
  remove();
});

test("the report replaces what it has written and keeps the words around it", () => {
  const { folder, remove } = resultsOf(LINES);
  const file = join(folder, "RESULTS.md");
  writeFileSync(file, "Before.\n<!-- generated:start -->old<!-- generated:end -->\nAfter.\n");
  writeReport(folder, file);
  const text = readFileSync(file, "utf8");
  expect(text).toMatch(/^Before\.\n[^]*\nAfter\.\n$/);
  expect(text).not.toContain("old");
  expect(text).toContain("| dbos | tuned | 3,000 (1,000–5,000) |");
  expect(text).toContain("8.00×");
  expect(text).toContain("- dbos W1 tuned 3: fell over");
  writeReport(folder, file);
  expect(readFileSync(file, "utf8")).toBe(text);
  remove();
});

test("the bench's worker starts every loop of the real one", () => {
  expect(assertSameLoops).not.toThrow();
});
