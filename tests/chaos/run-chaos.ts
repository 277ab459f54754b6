import { chmodSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { randomUUID } from "node:crypto";
import { createPlane, type MemberContext } from "@nofx/control/command";
import { createPool } from "@nofx/db/client";
import { seedMember, seedTenant } from "@nofx/db/testing";
import { prng } from "@nofx/core/testing";
import { admitAgent, keepAgent } from "./agents.ts";
import { startBalancer } from "./balancer.ts";
import { startDatabase } from "./database.ts";
import { cutCommit, cutTick } from "./faults/cut.ts";
import { delayTick } from "./faults/delay.ts";
import { keepInjecting, pause, within, type Target, type Tally } from "./faults/fault.ts";
import { freeze } from "./faults/freeze.ts";
import { kill } from "./faults/kill.ts";
import { killAgent } from "./faults/kill-agent.ts";
import { restart } from "./faults/restart.ts";
import { terminate } from "./faults/terminate.ts";
import { Fleet, workerEnv } from "./fleet.ts";
import { PostgresProxy } from "./proxy/proxy.ts";
import { makeReport, type Report } from "./report/report.ts";
import { watch } from "./watch.ts";
import { Client, type Person } from "./workload/client.ts";
import { Documents } from "./workload/documents.ts";
import { History } from "./workload/history.ts";
import { Sink } from "./workload/sink.ts";
import { redriveDeadLetters, steerRuns } from "./workload/steer.ts";
import { answerQuestions, streamRuns } from "./workload/stream.ts";

export interface ChaosOptions {
  readonly minutes: number;
  readonly seed: number;
  readonly workers: number;
  readonly agents: boolean;
  /** Ends the run early; what was started is cleared away. */
  readonly signal: AbortSignal;
  readonly say: (line: string) => void;
}

const LEASE_SECONDS = 1.5;
const FAULTS = [kill, freeze, restart, cutTick, cutCommit, terminate, delayTick];
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
  const folder = mkdtempSync(join(tmpdir(), "nofx-chaos-"));
  chmodSync(folder, 0o755);
  cleanup.defer(() => rmSync(folder, { recursive: true, force: true, maxRetries: 5 }));

  const database = await startDatabase();
  cleanup.defer(() => database.stop());
  await watch(database);
  const proxy = await PostgresProxy.start(database.port);
  cleanup.defer(() => proxy.stop());

  const fleet = new Fleet(
    workerEnv({
      direct: proxy.through(database.url("nofx_worker")),
      gateway: proxy.through(database.url("nofx_agent_gateway")),
      folder,
      leaseSeconds: LEASE_SECONDS,
      concurrency: 4,
    }),
  );
  const killAll = () => fleet.killAll();
  process.once("exit", killAll);
  cleanup.defer(async () => {
    await fleet.stop();
    process.off("exit", killAll);
  });
  await fleet.start(options.workers);
  if (fleet.diedAlone.length > 0) throw new Error(fleet.diedAlone.join("\n"));

  const people = await settlePeople(database.url("postgres"));
  const plane = createPlane(
    {
      DATABASE_URL: proxy.through(database.url("nofx_web")),
      SUPABASE_URL: "http://127.0.0.1:9",
      SUPABASE_ANON_KEY: "none",
      SUPABASE_JWT_SECRET: "none",
    },
    { applicationName: "chaos client", max: 8 },
  );
  cleanup.defer(() => plane.close());
  const sink = new Sink(folder);
  const history = new History(join(folder, "history.jsonl"));

  let agent: { kill(): void } | undefined;
  if (options.agents) {
    const balancer = await startBalancer(() => fleet.gateways());
    cleanup.defer(() => balancer.stop());
    const key = await admitAgent(() => asMember(plane, people.tenantId, people.supervisor));
    const kept = keepAgent({ NOFX_URL: balancer.url, NOFX_AGENT_KEY: key, SINK: sink.path });
    cleanup.defer(() => kept.stop());
    agent = kept;
  }

  const giveUp = new AbortController();
  const client = new Client({ plane, tenantId: people.tenantId, history, giveUp: giveUp.signal });
  const documents = new Documents({ random, sink: sink.path, agents: options.agents });
  const closing = new AbortController();
  const answering = answerQuestions({ client, person: people.supervisor, signal: closing.signal });
  const streaming = new AbortController();
  const steering = { database, client, person: people.operator, random, signal: streaming.signal };
  const streamed = Promise.all([
    streamRuns({ ...steering, documents, most: Math.ceil(options.workers * 2.5) }),
    steerRuns(steering),
    redriveDeadLetters(steering),
  ]);

  const faulting = new AbortController();
  const target: Target = {
    database,
    fleet,
    proxy,
    history,
    random,
    leaseMs: LEASE_SECONDS * 1_000,
    killAgent: () => agent?.kill(),
    signal: faulting.signal,
  };
  const faults = options.agents ? [...FAULTS, killAgent] : FAULTS;
  const tallies: Tally[] = faults.map((fault) => ({ fault, injected: 0, bit: 0 }));
  const injecting = Promise.all(tallies.map((tally) => keepInjecting(tally, target)));
  const progress = setInterval(() => say(line(tallies)), 10_000);
  const end = async () => {
    clearInterval(progress);
    faulting.abort();
    streaming.abort();
    await injecting;
    proxy.heal();
  };
  try {
    await pause(minutes * 60_000, signal);
  } finally {
    await end();
  }
  try {
    signal.throwIfAborted();
    say("faults stopped; what was begun goes on to its end");
    await streamed;
    const last = await Promise.all(
      Array.from({ length: TAIL }, () => client.startRun(people.operator, documents)),
    );
    const tail = { asked: TAIL, answered: last.filter((run) => run !== undefined).length };
    await within(HEAL_MS, signal, async () => {
      const [row] = await database.ask<{ open: boolean }>(
        `select exists (select from runs where status in ('queued', 'running')) or exists (select from events where seq is null) as open`,
      );
      return row?.open === false;
    });
    signal.throwIfAborted();
    closing.abort();
    await answering;
    return await makeReport({
      database,
      history,
      client,
      sink,
      proxy,
      fleet,
      tallies,
      minutes,
      tail,
    });
  } finally {
    closing.abort();
    giveUp.abort();
    await Promise.allSettled([streamed, answering]);
  }
}

const line = (tallies: readonly Tally[]): string =>
  tallies.map(({ fault, injected, bit }) => `${fault.name} ${bit}/${injected}`).join(", ");

async function settlePeople(url: string) {
  const owner = createPool({ connectionString: url, applicationName: "chaos", max: 1 });
  try {
    const { id } = await seedTenant(owner, { shell: "trusted" });
    const operator: Person = { id: await seedMember(owner, id, "operator"), role: "operator" };
    const supervisor: Person = {
      id: await seedMember(owner, id, "supervisor"),
      role: "supervisor",
    };
    return { tenantId: id, operator, supervisor };
  } finally {
    await owner.end();
  }
}

function asMember(plane: MemberContext["plane"], tenantId: string, person: Person): MemberContext {
  return {
    plane,
    actor: { type: "member", id: person.id },
    email: `${person.id}@example.test`,
    name: person.role,
    tenantId,
    role: person.role,
    idempotencyKey: randomUUID(),
    correlationId: randomUUID(),
    replayed: false,
  };
}
