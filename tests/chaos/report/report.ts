import { checkInvariants } from "@nofx/db/testing";
import type { ChaosDatabase } from "../database.ts";
import type { Tally } from "../faults/fault.ts";
import type { Fleet } from "../fleet.ts";
import type { PostgresProxy } from "../proxy/proxy.ts";
import { violations } from "../watch.ts";
import type { Client } from "../workload/client.ts";
import type { History } from "../workload/history.ts";
import type { Sink } from "../workload/sink.ts";
import { checkEffects } from "./check-effects.ts";
import { checkHistory } from "./check-history.ts";
import * as queries from "./queries.ts";

export interface FaultRow {
  readonly fault: string;
  readonly injected: number;
  readonly bit: number;
  readonly minimum: number;
  readonly bites: string;
}

export interface Check {
  readonly name: string;
  readonly value: number | string;
  readonly ok: boolean;
  /** What is wrong, as far as it can be shown. */
  readonly evidence: readonly unknown[];
}

export interface Report {
  readonly ok: boolean;
  readonly faults: readonly FaultRow[];
  readonly checks: readonly Check[];
}

interface Subject {
  readonly database: ChaosDatabase;
  readonly history: History;
  readonly client: Client;
  readonly sink: Sink;
  readonly proxy: PostgresProxy;
  readonly fleet: Fleet;
  readonly tallies: readonly Tally[];
  readonly minutes: number;
  /** Runs started when all faults had stopped. */
  readonly tail: { asked: number; answered: number };
}

/** Looks at everything that the run has left behind. */
export async function makeReport(subject: Subject): Promise<Report> {
  const { database } = subject;
  const faults = await faultRows(subject);
  const broken = await checkInvariants((sql) => database.ask(sql), { sealed: true });
  const seen = await violations(database);
  const checks = [
    ...(await outcomeChecks(subject)),
    ...broken.map(({ id, says, broken }) => {
      const watched = seen.filter(({ invariant }) => invariant === id);
      return none(`${id} ${says}`, [...broken, ...watched]);
    }),
  ];
  const bitten = faults.every(({ bit, minimum }) => bit >= minimum);
  return { ok: bitten && checks.every(({ ok }) => ok), faults, checks };
}

async function faultRows({ tallies, minutes, database }: Subject): Promise<FaultRow[]> {
  const wrong = await database.ask(queries.WRONG_CLOCKS);
  const [counts] = await database.ask<queries.Counts>(queries.COUNTS);
  const rows = tallies.map(({ fault, injected, bit }) => ({
    fault: fault.name,
    injected,
    bit,
    minimum: Math.floor(fault.perMinute * minutes),
    bites: fault.bites,
  }));
  const more = (fault: string, bit: number, perMinute: number, bites: string): FaultRow => ({
    fault,
    injected: bit,
    bit,
    minimum: Math.floor(perMinute * minutes),
    bites,
  });
  return [
    ...rows,
    more("worker with a wrong clock", wrong.length, 1, "it got steps done under that clock"),
    more("late settlement", counts?.refused ?? 0, 2, "it was refused: the lease had been lost"),
  ];
}

async function outcomeChecks(subject: Subject): Promise<Check[]> {
  const { database, history, sink, proxy, fleet, client, tail } = subject;
  const enqueues = await checkHistory(database, history);
  const effects = await checkEffects(database, sink);
  const [counts] = await database.ask<queries.Counts>(queries.COUNTS);
  const ask = async (name: string, sql: string) => none(name, await database.ask(sql));
  const conflicts = proxy.refused.filter(({ reason }) => reason === "conflict");
  const done = counts?.steps_succeeded ?? 0;
  return [
    {
      name: "runs acknowledged",
      value: enqueues.acknowledged,
      ok: enqueues.acknowledged > 0,
      evidence: [],
    },
    {
      name: "runs succeeded",
      value: counts?.runs_succeeded ?? 0,
      ok: (counts?.runs_succeeded ?? 0) > 0,
      evidence: [],
    },
    told("runs failed or cancelled, as planned or by poison", counts?.runs_failed ?? 0),
    { name: "steps succeeded", value: done, ok: done > 0, evidence: [] },
    told(
      "claims lost, failed, steps poisoned",
      `${counts?.claims_lost}, ${counts?.failures}, ${counts?.poisoned}`,
    ),
    told("effects undone", counts?.undone ?? 0),
    told(
      "runs called off, paused, redriven",
      `${counts?.cancels}, ${counts?.pauses}, ${counts?.redrives}`,
    ),
    told("effects on the sink, of them late", `${effects.calls}, ${effects.late}`),
    none("lost: acknowledged runs that are not there", enqueues.lost),
    await ask("lost: runs that never ended", queries.OPEN_RUNS),
    none("lost: steps that succeeded without effect", effects.missing),
    {
      name: "unique keys on the sink = succeeded steps",
      value: `${effects.uniqueKeys} = ${effects.succeeded}`,
      ok: effects.uniqueKeys === effects.succeeded,
      evidence: [],
    },
    none("doubled: plans or runs of one request", enqueues.doubled),
    await ask("doubled: steps with several successes", queries.DOUBLED_STEPS),
    none("invented: effects of no step", effects.invented),
    {
      name: "invented: runs nobody asked for",
      value: enqueues.invented,
      ok: enqueues.invented === 0,
      evidence: [],
    },
    none("conflicts: refused while the lease held", conflicts),
    await ask("failed for no reason of ours", queries.UNEXPLAINED_FAILURES),
    await ask("effects of failed runs not undone", queries.NOT_UNDONE),
    none("calls refused that should have been answered", history.refused()),
    {
      name: "calls after the faults that were answered",
      value: `${tail.answered} of ${tail.asked}`,
      ok: tail.answered === tail.asked,
      evidence: [],
    },
    none("workers that ended by themselves", fleet.diedAlone),
    told("errors in the server's log", database.errors().length),
    none("errors that no fault explains", [...client.surprises, ...serverErrors(database)]),
  ];
}

/** What the server may complain of while it is killed, cut off and asked too late. */
const EXPECTED =
  /lease_lost|terminating connection|recovery|starting up|shutting down|not yet accepting|unexpected EOF|broken pipe/;

const serverErrors = (database: ChaosDatabase): string[] => [
  ...new Set(database.errors().filter((line) => !EXPECTED.test(line))),
];

const none = (name: string, found: readonly unknown[]): Check => ({
  name,
  value: found.length,
  ok: found.length === 0,
  evidence: found.slice(0, 3),
});

const told = (name: string, value: number | string): Check => ({
  name,
  value,
  ok: true,
  evidence: [],
});
