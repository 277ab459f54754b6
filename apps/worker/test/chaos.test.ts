import { readFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { afterAll, beforeAll, expect, test } from "vitest";
import { sh, startWorkerStack, type WorkerProcess, type WorkerStack } from "./harness.ts";

// Workers are killed and frozen at random while a run goes on. RELIABILITY: no step lost, none committed twice, and no
// command of a killed worker survives it.
const PROVE = process.env["PROVE"] === "1";
const STEPS = PROVE ? 600 : 40;
const FAULTS = PROVE ? 40 : 5;
const SEED = Number(process.env["NOFX_SEED"] ?? Date.now() % 1_000_000);

let stack: WorkerStack;
beforeAll(async () => {
  stack = await startWorkerStack();
});
afterAll(() => stack[Symbol.asyncDispose]());

/** mulberry32: small, seeded, good enough to choose victims. */
function random(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4_294_967_296;
  };
}

test(`a run survives ${FAULTS} killed and frozen workers (seed ${SEED})`, async () => {
  const next = random(SEED);
  const start = () => stack.start({ NOFX_LEASE_SECONDS: "1.2", NOFX_CONCURRENCY: "3" });
  const workers: WorkerProcess[] = [await start(), await start()];
  // Each step leaves its name when it ends; every third needs the one before it.
  const script = sh('sleep 0.$NOFX_PAUSE; echo "$NOFX_STEP_NAME" >> ledger');
  const run = await stack.run(
    Array.from({ length: STEPS }, (_, i) => ({
      name: `s${i}`,
      maxCrashes: 1_000,
      arguments: { ...script, env: { NOFX_PAUSE: String(1 + Math.floor(next() * 6)) } },
      ...(i % 3 === 2 ? { needs: [`s${i - 1}`] } : {}),
    })),
  );
  for (let fault = 0; fault < FAULTS && (await stack.runStatus(run)) !== "succeeded"; fault++) {
    await delay(200 + next() * 600);
    const index = Math.floor(next() * workers.length);
    const victim = workers[index]!;
    if (next() < 0.5) {
      victim.signal("SIGKILL");
      await victim.exited;
      workers[index] = await start();
    } else {
      victim.signal("SIGSTOP");
      await delay(1_300 + next() * 500);
      victim.signal("SIGCONT");
    }
  }
  await stack.finished(run, "succeeded", 90_000);
  // a run in which nothing was lost has proved nothing
  const lost = await stack.owner.query(
    "select from attempts where run_id = $1 and outcome = 'lost'",
    [run.id],
  );
  expect(lost.rowCount).toBeGreaterThan(0);
  const { rows } = await stack.owner.query(
    `select s.name, count(*) filter (where a.outcome = 'succeeded')::int as succeeded, s.status
     from steps s join attempts a on a.step_id = s.id where s.run_id = $1 group by s.id`,
    [run.id],
  );
  expect(rows).toHaveLength(STEPS);
  for (const row of rows) expect(row).toMatchObject({ succeeded: 1, status: "succeeded" });
  // A command may run again after a crash or a freeze, but none is missing.
  const ledger = readFileSync(join(stack.folder, "workspaces", run.id, "ledger"), "utf8").trim();
  expect(new Set(ledger.split("\n")).size).toBe(STEPS);
}, 240_000);
