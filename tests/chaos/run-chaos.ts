import { join } from "node:path";
import { prng } from "@nofx/core/testing";
import { cutCommit, cutTick } from "./faults/cut.ts";
import { delayTick } from "./faults/delay.ts";
import { keepInjecting, pause, within, type Tally } from "./faults/fault.ts";
import { flushRedis } from "./faults/flush-redis.ts";
import { freeze } from "./faults/freeze.ts";
import { kill } from "./faults/kill.ts";
import { killAgent } from "./faults/kill-agent.ts";
import { restart } from "./faults/restart.ts";
import { restartRedis } from "./faults/restart-redis.ts";
import { terminate } from "./faults/terminate.ts";
import { makeReport, type Report } from "./report/report.ts";
import { LEASE_SECONDS, startSystem, type System } from "./system.ts";
import { Client } from "./workload/client.ts";
import { Documents } from "./workload/documents.ts";
import { History } from "./workload/history.ts";
import { redriveDeadLetters, steerRuns } from "./workload/steer.ts";
import { answerQuestions, streamRuns } from "./workload/stream.ts";

export interface ChaosOptions {
  readonly minutes: number;
  readonly seed: number;
  readonly workers: number;
  readonly agents: boolean;
  /** How the workers are told of steps. */
  readonly transport?: "postgres" | "bullmq";
  /** Ends the run early; what was started is cleared away. */
  readonly signal: AbortSignal;
  readonly say: (line: string) => void;
}

const FAULTS = [kill, freeze, restart, cutTick, cutCommit, terminate, delayTick];
const PROGRESS_MS = 10_000;
const HEAL_MS = 120_000;
/** So many runs are started after the faults: what was broken must work again. */
const TAIL = 5;

/**
 * Real processes, a real Postgres, and everything that can happen to them, for some minutes. Then the faults stop, what was
 * begun is let to its end, and the report says what became of it.
 */
export async function runChaos(options: ChaosOptions): Promise<Report> {
  await using cleanup = new AsyncDisposableStack();
  const { minutes, say, signal } = options;
  const random = prng(options.seed);
  const { transport = "postgres" } = options;
  const system = await startSystem({ ...options, transport }, cleanup);
  const work = beginWork(system, { ...options, random }, cleanup);

  const faulting = new AbortController();
  const { history } = work;
  const target = { ...system, history, random, leaseMs: LEASE_SECONDS * 1_000 };
  const faults = [
    ...FAULTS,
    ...(options.agents ? [killAgent] : []),
    ...(transport === "bullmq" ? [flushRedis, restartRedis] : []),
  ];
  const tallies: Tally[] = faults.map((fault) => ({ fault, injected: 0, bit: 0 }));
  const injecting = Promise.all(
    tallies.map((tally) => keepInjecting(tally, { ...target, signal: faulting.signal })),
  );
  const progress = setInterval(() => say(line(tallies)), PROGRESS_MS);
  try {
    // the first of the others that fails ends the run
    await Promise.race([pause(minutes * 60_000, signal), injecting, work.streamed]);
  } finally {
    clearInterval(progress);
    faulting.abort();
    await Promise.allSettled([injecting]);
    system.proxy.heal();
  }
  signal.throwIfAborted();

  say("faults stopped; what was begun goes on to its end");
  const tail = await work.finish();
  await within(HEAL_MS, signal, () => isQuiet(system));
  signal.throwIfAborted();
  return await makeReport({ ...system, ...work, tallies, minutes, tail });
}

/** The clients: they go on until `finish`, which starts the last runs, or until cleanup. */
function beginWork(
  system: System,
  options: { agents: boolean; workers: number; random: () => number },
  cleanup: AsyncDisposableStack,
) {
  const { database, plane, people, sink, folder } = system;
  const { random } = options;
  const { tenantId, operator, supervisor } = people;
  const history = new History(join(folder, "history.jsonl"));
  const giveUp = new AbortController();
  const client = new Client({ plane, tenantId, history, giveUp: giveUp.signal });
  const documents = new Documents({ random, sink: sink.path, agents: options.agents });
  const ending = new AbortController();
  const common = { database, client, person: operator, random, signal: ending.signal };
  const most = Math.ceil(options.workers * 2.5);
  const streamed = Promise.all([
    streamRuns({ ...common, documents, most }),
    steerRuns(common),
    redriveDeadLetters(common),
  ]);
  // they end only when everything has: what is left over may have questions
  const answering = answerQuestions({
    database,
    client,
    person: supervisor,
    signal: giveUp.signal,
  });
  cleanup.defer(async () => {
    ending.abort();
    giveUp.abort();
    await Promise.allSettled([streamed, answering]);
  });
  return {
    client,
    history,
    streamed,
    async finish() {
      ending.abort();
      await streamed;
      const last = Array.from({ length: TAIL }, () => client.startRun(operator, documents));
      const answered = (await Promise.all(last)).filter((run) => run !== undefined).length;
      return { asked: TAIL, answered };
    },
  };
}

/** Whether every run has ended and every event has its number. */
async function isQuiet({ database }: System): Promise<boolean> {
  const [row] = await database.ask<{ open: boolean }>(
    `select exists (select from runs where status in ('queued', 'running'))
       or exists (select from events where seq is null) as open`,
  );
  return row?.open === false;
}

const line = (tallies: readonly Tally[]): string =>
  tallies.map(({ fault, injected, bit }) => `${fault.name} ${bit}/${injected}`).join(", ");
