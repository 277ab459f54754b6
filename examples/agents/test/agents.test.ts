import { execFile } from "node:child_process";
import { cp, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { defineAgent, type AnyTask } from "@nofx/sdk";
import { afterAll, beforeAll, expect, test } from "vitest";
import { FakePlane, KEY } from "../../../packages/sdk/test/fake-plane/server.ts";
import { patcher } from "../src/patcher.ts";
import { reviewer } from "../src/reviewer.ts";

const run = promisify(execFile);
const TRAIN = join(import.meta.dirname, "..", "..", "release-train");
let workspace = "";
/** What `reproduce` hands on, before anything is repaired. */
const handedOn = new Map<string, string>();

/** The release train's package, with the failure reproduced as the step before would. */
beforeAll(async () => {
  workspace = await mkdtemp(join(tmpdir(), "nofx-train-"));
  await cp(TRAIN, workspace, { recursive: true });
  await run(process.execPath, ["scripts/reproduce.mjs"], { cwd: workspace });
  const { files } = JSON.parse(await read("reports/failure.json")) as { files: string[] };
  for (const path of ["reports/failure.json", ...files]) handedOn.set(path, await read(path));
});

afterAll(() => rm(workspace, { recursive: true, force: true }));

const read = (path: string) => readFile(join(workspace, path), "utf8");

async function execute(plane: FakePlane, task: AnyTask, step: ReturnType<FakePlane["enqueue"]>) {
  const stop = new AbortController();
  const done = defineAgent({ tasks: [task] }).run({
    url: plane.url,
    key: KEY,
    signal: stop.signal,
    onEvent: () => {},
  });
  await plane.until(() => step.status === "succeeded" || step.status === "failed");
  stop.abort();
  await done;
}

function reproduced(plane: FakePlane) {
  const artifacts = [...handedOn].map(([path, text]) => plane.storeFile(path, text));
  return [{ name: "reproduce", status: "succeeded" as const, output: null, artifacts }];
}

test(
  "the patcher repairs the release train's package; the patch applies and its tests pass",
  { timeout: 120_000 },
  async () => {
    await using plane = await FakePlane.start({ capabilities: ["code.patch"] });
    const step = plane.enqueue({
      capability: "code.patch",
      input: { report: "reports/failure.json", patch: "fix.patch", mayChange: ["src/"] },
      needs: reproduced(plane),
    });
    await execute(plane, patcher, step);

    expect(step.errors).toEqual([]);
    expect(step.output).toMatchObject({ patch: "fix.patch", change: { file: "src/window.js" } });
    expect([...step.checkpoints.keys()]).toEqual(["candidates", "repair"]);
    expect(step.progress.length).toBeGreaterThan(0);

    const patch = step.artifacts.get("fix.patch") ?? "";
    await writeFile(join(workspace, "fix.patch"), patch);
    await run(process.execPath, ["scripts/apply-patch.mjs", "fix.patch"], { cwd: workspace });
    await run(process.execPath, ["scripts/run-tests.mjs", "--report", "reports/tests-after.txt"], {
      cwd: workspace,
    });

    const review = plane.enqueue({
      capability: "code.review",
      needs: [
        {
          name: "fix",
          status: "succeeded",
          output: null,
          artifacts: [plane.storeFile("fix.patch", patch)],
        },
        {
          name: "test-again",
          status: "succeeded",
          output: null,
          artifacts: [
            plane.storeFile("reports/tests-after.txt", await read("reports/tests-after.txt")),
          ],
        },
      ],
    });
    plane.capabilities = ["code.review"];
    await execute(plane, reviewer, review);
    expect(review.output).toMatchObject({
      verdict: "approve",
      files: ["src/window.js"],
      changedLines: 2,
    });
    expect(review.artifacts.get("reports/review.md")).toContain("# Review: approve");
  },
);

test.each([
  [
    "a failure that no such change mends",
    { mayChange: ["src/duration.js"] },
    /None of \d+ single-token changes/,
  ],
  ["a report that is none", { report: "package.json" }, /package\.json is not a failure report/],
  [
    "a report that is not there",
    { report: "reports/nothing.json" },
    /No needed step made "reports\/nothing\.json"/,
  ],
])("%s is a clear, permanent failure", { timeout: 120_000 }, async (_, input, message) => {
  await using plane = await FakePlane.start({ capabilities: ["code.patch"] });
  const step = plane.enqueue({ capability: "code.patch", input, needs: reproduced(plane) });
  await execute(plane, patcher, step);
  expect(step.errors[0]?.error).toMatchObject({
    code: "agent_permanent_error",
    message: expect.stringMatching(message),
  });
});
