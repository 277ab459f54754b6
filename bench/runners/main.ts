// npm run bench:runners: a thousand runners of the SDK with a key each, over HTTP, in processes that are killed and started again.
import { parseArgs } from "node:util";
import { setTimeout as delay } from "node:timers/promises";
import { submitTasks } from "@nofx/control/tasks";
import pg from "pg";
import { prepareDatabase } from "../lib/database.ts";
import { connectMember } from "../lib/member.ts";
import { quantile, say } from "../lib/numbers.ts";
import { startServer } from "../lib/server.ts";
import { usageOf } from "../lib/usage.ts";
import { startGateway } from "../endpoint/gateway.ts";
import { cpuMs, RunnerProcesses } from "./processes.ts";
import { seedAgents } from "./seed-agents.ts";

const { values } = parseArgs({
  options: {
    runners: { type: "string", default: "1000" },
    processes: { type: "string", default: "20" },
    "in-flight": { type: "string", default: "200" },
    seconds: { type: "string", default: "45" },
    "kill-every": { type: "string", default: "8" },
    "work-ms": { type: "string", default: "3000" },
    "lease-seconds": { type: "string", default: "10" },
    json: { type: "boolean", default: false },
  },
});
const number = (name: keyof typeof values) => Number(values[name]);
const [count, processes, inFlight] = [
  number("runners"),
  number("processes"),
  number("in-flight"),
] as const;
const [seconds, killEvery, workMs] = [
  number("seconds"),
  number("kill-every"),
  number("work-ms"),
] as const;
const CAPABILITIES = ["bench.a", "bench.b", "bench.c", "bench.d"];
const TICK_MS = 100;
const json = values.json;

const server = await startServer();
const database = await prepareDatabase(await server.fresh("bench_runners"));
const runners = await seedAgents(database, count, CAPABILITIES);
const gateway = await startGateway(database, 9, {
  NOFX_AGENT_LEASE_SECONDS: values["lease-seconds"],
});
const fleet = new RunnerProcesses(`http://127.0.0.1:${gateway.port}`, runners, processes);
const member = connectMember(database, 2);
for (const signal of ["SIGINT", "SIGTERM"] as const) {
  // the server stops itself and then this process; nobody else would end these
  process.once(signal, () => {
    fleet.killAll();
    gateway.child.kill("SIGKILL");
  });
}
const looking = new pg.Pool({ connectionString: database.adminUrl, max: 1 });
// when the server is stopped under it
looking.on("error", () => {});
const held: number[] = [];
const killed = { processes: 0, runners: 0 };

try {
  const startedAt = performance.now();
  for (let i = 0; i < processes; i += 4) {
    const some = Array.from({ length: Math.min(4, processes - i) }, (_, n) => i + n);
    await Promise.all(some.map((one) => fleet.start(one)));
  }
  await online(count);
  const upMs = performance.now() - startedAt;
  say(json, `${count} runners in ${processes} processes are there after ${ms(upMs)}.`, { upMs });

  const before = await usage();
  const begun = performance.now();
  const stop = new AbortController();
  const feeding = feed(stop.signal);
  const killing = killSome(stop.signal);
  await delay(seconds * 1_000);
  stop.abort();
  await Promise.all([feeding, killing]);
  const fed = performance.now() - begun;
  const settled = await countRuns("status in ('succeeded', 'failed', 'cancelled')");
  const after = await usage();
  await drained();
  await report(fed, settled, before, after);
} finally {
  await fleet.stop();
  gateway.child.kill("SIGTERM");
  await Promise.all([member.close(), looking.end()]);
  await server.stop();
}

/** Keeps so many runs open: as many are submitted as have ended. The first of them come over the time that one takes. */
async function feed(signal: AbortSignal): Promise<void> {
  let n = 0;
  const aTick = Math.max(1, Math.ceil(inFlight / (workMs / TICK_MS)));
  while (!signal.aborted) {
    const open = await countRuns("status not in ('succeeded', 'failed', 'cancelled')");
    held.push(await countHeld());
    const missing = Math.min(inFlight - open, 2 * aTick);
    if (missing > 0) {
      const tasks = Array.from({ length: missing }, () => ({
        kind: "agent" as const,
        with: {
          capability: CAPABILITIES[n++ % CAPABILITIES.length] ?? "",
          input: { ms: workMs * (0.5 + Math.random()) },
        },
      }));
      await submitTasks(member.request(), { tasks });
    }
    await delay(TICK_MS, undefined, { signal }).catch(() => {});
  }
}

/** A tenth of the runners at a time, whole processes, one after the other; each comes back a second later. */
async function killSome(signal: AbortSignal): Promise<void> {
  const atATime = Math.max(1, Math.round(processes / 10));
  for (let next = 0; ; next += atATime) {
    await delay(killEvery * 1_000, undefined, { signal }).catch(() => {});
    if (signal.aborted) return;
    const doomed = Array.from({ length: atATime }, (_, i) => (next + i) % processes);
    await Promise.all(doomed.map((one) => fleet.kill(one)));
    killed.processes += doomed.length;
    killed.runners += doomed.reduce((sum, one) => sum + fleet.runnersOf(one), 0);
    await delay(1_000);
    for (const one of doomed) await fleet.start(one);
  }
}

async function online(wanted: number): Promise<void> {
  for (const end = performance.now() + 120_000; performance.now() < end; await delay(200)) {
    const rows = await query<{ n: number }>(
      "select count(*)::int as n from agent_registry where last_seen_at is not null",
    );
    if ((rows[0]?.n ?? 0) >= wanted) return;
  }
  throw new Error("Not all runners came.");
}

/** What is open ends, or does not: a run that never ends is one that failed. */
async function drained(): Promise<void> {
  for (const end = performance.now() + 60_000; performance.now() < end; await delay(250)) {
    if ((await countRuns("status not in ('succeeded', 'failed', 'cancelled')")) === 0) return;
  }
}

async function report(
  fedMs: number,
  settled: number,
  before: Awaited<ReturnType<typeof usage>>,
  after: Awaited<ReturnType<typeof usage>>,
): Promise<void> {
  const [runs, succeeded] = await Promise.all([
    countRuns("true"),
    countRuns("status = 'succeeded'"),
  ]);
  const claims = await query<{ first: boolean; ms: number; beyond: number | null }>(
    `select a.epoch = 1 as first, extract(epoch from a.claimed_at - s.created_at)::float * 1000 as ms,
       extract(epoch from a.finished_at - a.claimed_at)::float * 1000 - (s.arguments -> 'input' ->> 'ms')::float as beyond
     from attempts a join steps s on s.id = a.step_id`,
  );
  const beyond = claims.flatMap(({ first, beyond: over }) =>
    first && over !== null ? [over] : [],
  );
  const waited = claims.filter(({ first }) => first).map((claim) => claim.ms);
  const again = claims.filter(({ first }) => !first).length;
  const failed = runs - succeeded;
  const wall = fedMs;
  const share = (part: keyof typeof after) => (after[part] - before[part]) / wall;
  const told = fleet.told;
  const numbers = {
    runners: count,
    processes,
    inFlight,
    runs,
    failed,
    failedShare: failed / runs,
    stepsPerSecond: settled / (wall / 1_000),
    claimP50Ms: quantile(waited, 0.5),
    claimP95Ms: quantile(waited, 0.95),
    claimP99Ms: quantile(waited, 0.99),
    beyondP50Ms: quantile(beyond, 0.5),
    heldMedian: quantile(held, 0.5),
    killedProcesses: killed.processes,
    killedRunners: killed.runners,
    claimedAgain: again,
    retries: told.retries,
    lost: told.lost,
    coresPostgres: share("postgresMs"),
    coresGateway: share("gatewayMs"),
    coresRunners: share("runnersMs"),
  };
  say(
    json,
    `
${runs} runs of ${count} runners in ${processes} processes, ${inFlight} open at a time, for ${Math.round(wall / 1_000)} s; then until all had ended
failed                ${failed} (${(numbers.failedShare * 100).toFixed(2)} %)
steps a second        ${numbers.stepsPerSecond.toFixed(1)}
from queued to claim  p50 ${ms(numbers.claimP50Ms)}, p95 ${ms(numbers.claimP95Ms)}, p99 ${ms(numbers.claimP99Ms)}
from claim to end     p50 ${ms(numbers.beyondP50Ms)} beyond the work itself (a checkpoint and the result)
in flight             ${Math.round(numbers.heldMedian)} steps held, median
killed                ${killed.processes} processes with ${killed.runners} runners, by SIGKILL; ${again} claims were claimed again
cores                 Postgres ${numbers.coresPostgres.toFixed(2)}, worker with gateway ${numbers.coresGateway.toFixed(2)}, runners ${numbers.coresRunners.toFixed(2)}
calls tried again     ${told.retries}; leases lost ${told.lost}`,
    numbers,
  );
  if (numbers.failedShare >= 0.01) process.exitCode = 1;
}

async function usage() {
  const { backendUs, serverUs } = await usageOf(database.adminUrl, server.pid);
  return {
    postgresMs: (backendUs + serverUs) / 1_000,
    gatewayMs: cpuMs(gateway.child.pid ?? 0),
    runnersMs: fleet.cpuMs,
  };
}

async function countHeld(): Promise<number> {
  const [row] = await query<{ n: number }>(
    "select count(*)::int as n from steps where status in ('assigned', 'running')",
  );
  return row?.n ?? 0;
}

async function countRuns(where: string): Promise<number> {
  const [row] = await query<{ n: number }>(`select count(*)::int as n from runs where ${where}`);
  return row?.n ?? 0;
}

async function query<T extends object>(text: string): Promise<T[]> {
  return (await looking.query<T>(text)).rows;
}

function ms(value: number): string {
  return value < 1_000 ? `${Math.round(value)} ms` : `${(value / 1_000).toFixed(1)} s`;
}
