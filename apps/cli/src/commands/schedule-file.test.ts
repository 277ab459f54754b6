import { execFile } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { root } from "../paths.ts";
import { answerTo, readRequest, type ScheduleAnswer } from "./schedule-file.ts";

const project = {
  resources: { R1: 10 },
  tasks: [
    { id: "t0", duration: 3, requires: { R1: 9 } },
    { id: "t1", duration: 5, requires: { R1: 2 }, after: ["t0"] },
    { id: "t2", duration: 4, requires: { R1: 2 }, after: [] },
  ],
};
const answer = { makespan: 8, lowerBound: 8, iterations: 0, starts: { t0: 0, t1: 3, t2: 3 } };

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "nofx-schedule-"));
});
afterAll(() => rm(folder, { recursive: true }));

interface Ended {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

function nofx(args: readonly string[], input = ""): Promise<Ended> {
  return new Promise((resolve) => {
    const bin = join(root, "apps/cli/bin/nofx.mjs");
    const child = execFile(process.execPath, [bin, ...args], (error, stdout, stderr) =>
      resolve({ code: typeof error?.code === "number" ? error.code : 0, stdout, stderr }),
    );
    child.stdin?.end(input);
  });
}

it("prints the schedule of a file as JSON and nothing else", async () => {
  const file = join(folder, "project.json");
  await writeFile(file, JSON.stringify({ ...project, timeBudgetMs: 50, seed: 1 }));
  const { code, stdout, stderr } = await nofx(["schedule", file]);
  expect([code, stderr]).toEqual([0, ""]);
  expect(JSON.parse(stdout)).toEqual(answer);
  expect(stdout.trimEnd()).not.toContain("\n");
});

it("reads standard input, and says on stderr why there is no schedule", async () => {
  const { code, stdout, stderr } = await nofx(
    ["schedule", "-"],
    JSON.stringify({ ...project, resources: { R1: 8 } }),
  );
  expect([code, stdout]).toEqual([1, ""]);
  expect(stderr).toContain('t0: requires 9 of "R1", and there are only 8');
});

it("takes 2 seconds and seed 1 unless told otherwise", () => {
  expect(readRequest(JSON.stringify(project))).toMatchObject({ timeBudgetMs: 2_000, seed: 1 });
  expect(readRequest(JSON.stringify({ ...project, extra: 1, seed: -7 }))).toMatchObject({
    seed: -7,
  });
});

it.each([
  ["{", "The file is not JSON"],
  ["[]", "There is no schedule for this."],
  [JSON.stringify({ ...project, timeBudgetMs: -1 }), "There is no schedule for this."],
])("refuses %s", (text, message) => expect(() => readRequest(text)).toThrow(message));

/** Its optimum is not proven by the bound, so the search goes on for as long as it may. */
const hard = {
  resources: { R: 10 },
  tasks: Array.from({ length: 25 }, (_, i) => ({
    id: `t${i}`,
    duration: 1 + ((i * 7) % 9),
    requires: { R: 1 + ((i * 5) % 8) },
    after: i < 4 ? [] : [`t${(i * 3) % i}`],
  })),
};

it("does as many iterations as it is told, the same each time", () => {
  const request = readRequest(JSON.stringify({ ...hard, iterations: 40, timeBudgetMs: 0 }));
  const answers: ScheduleAnswer[] = [1, 2].map(() => answerTo(request, 0, () => Infinity));
  expect(answers[0]?.iterations).toBe(40);
  expect(answers[1]).toEqual(answers[0]);
});

it("counts the time budget from where it began", () => {
  const request = readRequest(JSON.stringify({ ...hard, timeBudgetMs: 100 }));
  expect(answerTo(request, 1_000, () => 1_100).iterations).toBe(0);
  let now = 1_000;
  expect(answerTo(request, 1_000, () => (now += 1)).iterations).toBeGreaterThan(0);
});
