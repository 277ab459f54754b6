import { readFileSync } from "node:fs";
import { join } from "node:path";
import { until } from "@nofx/db/testing";
import { afterAll, beforeAll, expect, test } from "vitest";
import { sh, startWorkerStack, type WorkerProcess, type WorkerStack } from "./harness.ts";

// /metrics as a scraper reads it, held against docs/operations.md.

let stack: WorkerStack;
let worker: WorkerProcess;
beforeAll(async () => {
  stack = await startWorkerStack();
  worker = await stack.start({ NOFX_WORKER_NAME: "w", NOFX_LEASE_SECONDS: "1.5" });
});
afterAll(() => stack[Symbol.asyncDispose]());

interface Sample {
  name: string;
  labels: Record<string, string>;
  value: number;
}

/** The text format 0.0.4, strictly: what is no comment, sample or empty line throws. */
function parse(text: string) {
  const families = new Map<string, { type?: string; help?: string }>();
  const samples: Sample[] = [];
  for (const line of text.split("\n")) {
    if (line === "") continue;
    const [, what, family = "", rest = ""] = /^# (HELP|TYPE) (\S+) (.+)$/.exec(line) ?? [];
    if (what !== undefined) {
      families.set(family, { ...families.get(family), [what.toLowerCase()]: rest });
      continue;
    }
    const found =
      /^([a-zA-Z_:][\w:]*)(?:\{((?:[a-zA-Z_]\w*="(?:[^"\\\n]|\\.)*",?)*)\})? (\S+)$/.exec(line);
    if (found === null) throw new Error(`not a line of the text format: ${line}`);
    const [, name = "", labels = "", value = ""] = found;
    const pairs = [...labels.matchAll(/(\w+)="((?:[^"\\]|\\.)*)"/g)];
    samples.push({
      name,
      labels: Object.fromEntries(pairs.map(([, key = "", of = ""]) => [key, of])),
      value: value === "Nan" ? Number.NaN : Number(value),
    });
  }
  return { families, samples };
}

async function scrape() {
  const response = await fetch(`${worker.url}/metrics`);
  expect(response.status).toBe(200);
  expect(response.headers.get("content-type")).toContain("text/plain; version=0.0.4");
  const { families, samples } = parse(await response.text());
  return {
    families,
    samples,
    value: (name: string, labels: Record<string, string> = {}) =>
      samples.find(
        (one) =>
          one.name === name &&
          Object.entries(labels).every(([key, value]) => one.labels[key] === value),
      )?.value,
  };
}

test("every metric is in docs/operations.md, and nothing else is", async () => {
  const page = readFileSync(join(import.meta.dirname, "../../../docs/operations.md"), "utf8");
  const documented = [...page.matchAll(/^\| `(nofx_\w+)` \| (\w+) \|/gm)];
  const sorted = (names: string[]) => names.toSorted((a, b) => a.localeCompare(b));
  const { families, samples } = await scrape();
  const exposed = [...families].map(([name, { type }]) => `${name} ${type}`);
  expect(sorted(documented.map(([, name, type]) => `${name} ${type}`))).toEqual(sorted(exposed));
  for (const { help } of families.values()) expect(help).toMatch(/\w/);
  const family = (name: string) => name.replace(/_(bucket|sum|count)$/, "");
  for (const { name, value } of samples) {
    expect(families.has(name) || families.has(family(name))).toBe(true);
    expect(typeof value).toBe("number");
  }
});

test("what a worker has done, and what waits, can be read off", async () => {
  const run = await stack.run([
    { name: "a", arguments: sh("sleep 1.6") },
    { name: "b", arguments: sh("exit 3") },
    { name: "c", kind: "approval", arguments: { question: "Go on?", expiresInSeconds: 600 } },
    { name: "d", needs: ["c"], arguments: sh(":") },
    { name: "e", kind: "agent" },
  ]);
  await until("all is settled that can be", async () => {
    const { samples } = await scrape();
    const settled = samples.filter(({ name }) => name === "nofx_steps_settled_total");
    return settled.reduce((sum, { value }) => sum + value, 0) === 2;
  });
  await until("the question is asked", async () => (await stack.step(run, "c")).holds === 2);
  // a command that answers no is no dead letter; a poisonous one is
  await stack.owner.query(
    `update steps set status = 'failed', finalised_at = clock_timestamp(), holds = 0, deps_left = 0,
       error = '{"code": "poison_crash", "message": "x"}' where id = $1`,
    [run.steps["d"]],
  );
  await stack.owner.query("select engine.finish('{}', $1, 'system', 'test')", [[run.steps["d"]]]);
  await until("the plane is read anew", async () => {
    const { value } = await scrape();
    return value("nofx_plane_dead_letters", { reason: "poison_crash" }) === 1;
  });

  const { value } = await scrape();
  expect(value("nofx_steps_claimed_total", { kind: "shell" })).toBe(2);
  expect(value("nofx_steps_settled_total", { outcome: "succeeded" })).toBe(1);
  expect(value("nofx_steps_settled_total", { outcome: "failed" })).toBe(1);
  expect(value("nofx_step_failures_total", { code: "exit_nonzero" })).toBe(1);
  expect(value("nofx_lease_renewals_total", { result: "ok" })).toBeGreaterThan(0);
  expect(value("nofx_claim_conflicts_total")).toBe(0);
  expect(value("nofx_steps_in_flight")).toBe(0);
  expect(value("nofx_worker_info", { worker: "w", version: "0.1.0" })).toBe(1);
  const shell = { kind: "shell" };
  expect(value("nofx_step_duration_seconds_count", { ...shell, result: "succeeded" })).toBe(1);
  expect(value("nofx_queue_wait_seconds_count", shell)).toBe(2);
  const [median = 0, high = 0] = ["0.5", "0.95"].map((quantile) =>
    value("nofx_step_latency_seconds", { ...shell, quantile }),
  );
  expect(median).toBeGreaterThan(0);
  expect(high).toBeGreaterThanOrEqual(1.5);

  expect(value("nofx_database_up")).toBe(1);
  expect(value("nofx_plane_workers", { status: "active" })).toBe(1);
  expect(value("nofx_plane_queue_depth", { executor: "agent" })).toBe(1);
  expect(value("nofx_plane_queue_oldest_seconds", { executor: "agent" })).toBeGreaterThan(0);
  expect(value("nofx_plane_queue_depth", { executor: "worker" })).toBe(0);
  expect(value("nofx_plane_steps_held", { hold: "approval" })).toBe(1);
  expect(value("nofx_plane_dead_letters", { stage: "execute", reason: "poison_crash" })).toBe(1);
}, 60_000);

test("while the database is silent, nothing is said of the plane, and what the worker knows is still told", async () => {
  await stack.stack.database.drop();
  await until("it notices", async () => (await scrape()).value("nofx_database_up") === 0, 30_000);
  const { value } = await scrape();
  expect(value("nofx_plane_steps_in_flight")).toBeUndefined();
  expect(value("nofx_plane_queue_depth", { executor: "worker" })).toBeUndefined();
  expect(value("nofx_steps_claimed_total", { kind: "shell" })).toBe(2);
}, 60_000);
