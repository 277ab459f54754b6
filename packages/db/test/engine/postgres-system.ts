import { randomUUID } from "node:crypto";
import { sql, type Transaction } from "kysely";
import type { ModelClaim } from "@nofx/core/model";
import {
  LEASE_MS,
  WORKERS,
  claimOf,
  executor,
  runName,
  settlementsOf,
  type Action,
} from "@nofx/core/testing/engine";
import { createDatabase, createPool } from "@nofx/db/client";
import * as leases from "@nofx/db/leases";
import { cancelRun, forkRun, pauseRun, resumeRun } from "@nofx/db/queries";
import { createTestDatabase, seedMember, seedTenant } from "@nofx/db/testing";
import type { DB } from "@nofx/db/types";
import { dumpDatabase } from "./dump-state.ts";
import { refusal } from "./harness.ts";
import { letTimePass } from "./let-time-pass.ts";
import { seedSteps } from "./seed-steps.ts";

/** The same actions on the real thing. Steps are called as the model calls them: `r0/s1`. */
export interface PostgresSystem {
  readonly claims: ModelClaim[][];
  /** Also which steps a claim took: the order among equals is the database's own. */
  apply(action: Action): Promise<{ outcome: unknown; took?: string[] }>;
  dump(): Promise<string[]>;
  /** Begins a new history. */
  clear(): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
}

const HANDLERS = ["shell@1"];

export async function startPostgresSystem(): Promise<PostgresSystem> {
  const database = await createTestDatabase();
  const pool = (role: string) =>
    createPool({ connectionString: database.url(role), applicationName: "test", max: 2 });
  const [owner, workerPool, webPool] = [pool("postgres"), pool("nofx_worker"), pool("nofx_web")];
  const worker = createDatabase<DB>(workerPool);
  const web = createDatabase<DB>(webPool);
  const { id: tenantId } = await seedTenant(owner, { shell: "trusted" });
  const userId = await seedMember(owner, tenantId, "admin");
  const member = { type: "member", id: userId };
  const claims: ModelClaim[][] = WORKERS.map(() => []);
  let runs: string[] = [];

  const asMember = <T>(work: (db: Transaction<DB>) => Promise<T>): Promise<T> =>
    web.transaction().execute(async (tx) => {
      const as = JSON.stringify({ role: "nofx_member", sub: userId });
      await sql`select set_config('role', 'nofx_member', true), set_config('request.jwt.claims', ${as}, true)`.execute(
        tx,
      );
      return work(tx);
    });
  const rows = async <T>(text: string, values: unknown[] = []): Promise<T[]> =>
    (await owner.query(text, values)).rows as T[];

  const idOf = async (modelId: string): Promise<string> => {
    const at = modelId.indexOf("/");
    const run = runs[Number(modelId.slice(1, at))];
    const found = await rows<{ id: string }>(
      "select id from steps where run_id = $1 and name = $2",
      [run, modelId.slice(at + 1)],
    );
    return found[0]?.id ?? randomUUID();
  };
  const nameOf = (row: { run_id: string; name: string }) =>
    `${runName(runs.indexOf(row.run_id))}/${row.name}`;
  const claimBy = async (action: { worker: number; pick: number }) => {
    const { stepId, epoch } = claimOf({ claims }, action);
    return { stepId: await idOf(stepId), epoch, tenantId: null };
  };
  /** What a verb of an executor answers, or that its lease is lost. */
  const orLost = async <T>(work: Promise<T>): Promise<T | "lease_lost"> =>
    (await refusal(work)) === "NX001" ? "lease_lost" : work;

  async function apply(action: Action): Promise<{ outcome: unknown; took?: string[] }> {
    switch (action.do) {
      case "enqueue":
        runs.push(await seedSteps(owner, tenantId, action));
        return { outcome: runName(runs.length - 1) };
      case "claim": {
        const { claimed } = await leases.exchange(worker, {
          worker: executor(action.worker).owner,
          version: null,
          handlers: HANDLERS,
          settlements: [],
          renewals: [],
          want: action.limit,
          leaseMs: LEASE_MS,
        });
        const got = claimed
          .map((step) => ({ stepId: nameOf(step), epoch: step.epoch }))
          .toSorted((x, y) => (x.stepId < y.stepId ? -1 : 1));
        claims[action.worker]?.push(...got);
        const took = got.map((one) => one.stepId);
        const steps = got.map((one) => `${one.stepId} ${one.epoch}`);
        return { outcome: { steps, enough: true, urgentFirst: true }, took };
      }
      case "heartbeat": {
        const by = executor(action.worker);
        const [row] = await leases.renew(worker, by, [await claimBy(action)], LEASE_MS);
        return { outcome: { held: row?.held, cancelRequested: row?.cancel_requested } };
      }
      case "tick":
        await letTimePass(owner, action.ms);
        return { outcome: null };
      case "settle": {
        const wanted = settlementsOf({ claims }, action);
        const names = new Map<string, string>();
        const settlements: leases.Settlement[] = [];
        for (const one of wanted) {
          const stepId = await idOf(one.stepId);
          names.set(stepId, one.stepId);
          settlements.push(
            one.outcome === "failed"
              ? { ...one, stepId, error: { code: one.error.code, message: "" } }
              : one.outcome === "succeeded"
                ? { ...one, stepId, output: one.output ?? null }
                : { ...one, stepId },
          );
        }
        const { results } = await leases.settle(worker, executor(action.worker), settlements);
        const byName = new Map(results.map((row) => [names.get(row.step_id), row]));
        return {
          outcome: wanted.map(({ stepId }) => {
            const row = byName.get(stepId);
            return {
              stepId,
              result: row?.result,
              status: row?.status ?? null,
              reason: row?.reason ?? null,
            };
          }),
        };
      }
      case "checkpoint": {
        const claim = await claimBy(action);
        const undo = action.undo === null ? undefined : { kind: action.undo.kind, with: {} };
        const value = `${action.name} ${claim.epoch}`;
        const work = leases.checkpoint(worker, claim, action.name, value, undo);
        return { outcome: await orLost(work) };
      }
      case "wait": {
        const options = action.options.map((one) =>
          one.kind === "person" ? { ...one, question: { title: "?", question: "?" } } : one,
        ) as leases.WaitOption[];
        const answer = await orLost(
          leases.wait(worker, await claimBy(action), action.name, options),
        );
        if (answer === "lease_lost") return { outcome: answer };
        return {
          outcome: answer.held
            ? { held: true, met: null, kind: null }
            : { held: false, met: answer.met, kind: answer.kind },
        };
      }
      case "spawn": {
        const children = action.names.map(
          (name) =>
            ({ name, title: name, kind: "shell", executor: "worker", arguments: {} }) as const,
        );
        const made = await orLost(leases.spawn(worker, await claimBy(action), children));
        if (made === "lease_lost") return { outcome: made };
        const created = made.children.map(({ name, created }) => ({ name, created }));
        return { outcome: created.toSorted((a, b) => (a.name < b.name ? -1 : 1)) };
      }
      case "ask": {
        const asked = await orLost(
          leases.requestApproval(worker, await claimBy(action), {
            name: "ask",
            title: "?",
            question: "?",
            why: "",
            arguments: {},
            argumentsDigest: action.digest,
            requester: "",
            expiresMs: 1e10,
          }),
        );
        if (asked === "lease_lost") return { outcome: asked };
        return { outcome: { status: asked.status, held: asked.held } };
      }
      case "event": {
        const event = { tenantId, name: action.name, key: action.key, payload: null, runId: null };
        const sent = await asMember((db) => leases.sendEvent(db, event, member));
        return { outcome: sent?.waiting };
      }
      case "message": {
        const steps = await rows<{ id: string; run_id: string; name: string }>(
          "select id, run_id, name from steps",
        );
        const sorted = steps.toSorted((a, b) => (nameOf(a) < nameOf(b) ? -1 : 1));
        const to = sorted[action.pick % sorted.length]?.id ?? "";
        const message = { tenantId, to, channel: action.channel, payload: null };
        const sent = await asMember((db) => leases.sendMessage(db, message, member));
        return { outcome: { ended: sent?.ended } };
      }
      case "answer": {
        const open = await rows<{ id: string; run_id: string; step: string; name: string }>(
          `select w.id, w.run_id, s.name as step, w.name from waits w join steps s on s.id = w.step_id
           where w.kind = 'person' and w.status = 'open'`,
        );
        const key = (row: (typeof open)[number]) =>
          `${nameOf({ run_id: row.run_id, name: row.step })} ${row.name}`;
        const sorted = open.toSorted((a, b) => (key(a) < key(b) ? -1 : 1));
        const waitId = sorted[action.pick % sorted.length]?.id ?? "";
        const answer = { tenantId, waitId, answer: "yes" };
        const answered = await asMember((db) => leases.answerWait(db, answer, member));
        return { outcome: answered?.result };
      }
      case "decide":
        return { outcome: await decide(action) };
      case "cancel": {
        const { compensate } = action;
        const of = { tenantId, runId: runs[action.run] ?? "", compensate, reason: null };
        const answer = await asMember((db) => cancelRun(db, of));
        return { outcome: answer?.result === "cancelling" };
      }
      case "pause": {
        const of = { tenantId, runId: runs[action.run] ?? "" };
        const answer = await asMember((db) => pauseRun(db, of));
        return { outcome: answer?.result === "paused" };
      }
      case "resume": {
        const of = { tenantId, runId: runs[action.run] ?? "" };
        const answer = await asMember((db) => resumeRun(db, of));
        return { outcome: answer?.result === "resumed" };
      }
      case "fork": {
        const newRunId = randomUUID();
        const answer = await asMember((db) =>
          forkRun(db, {
            tenantId,
            sourceRunId: runs[action.run] ?? "",
            newRunId,
            from: action.from,
            edits: {},
            keepCheckpoints: action.keep,
            requesterName: "Ann",
            correlationId: randomUUID(),
            traceparent: null,
          }),
        );
        if (answer?.result === "forked") runs.push(newRunId);
        return { outcome: answer?.result };
      }
      case "redrive": {
        const letters = await rows<{ id: string; run_id: string; name: string }>(
          "select d.id, s.run_id, s.name from dead_letters d join steps s on s.id = d.step_id",
        );
        const sorted = letters.toSorted((a, b) => (nameOf(a) < nameOf(b) ? -1 : 1));
        const letter = sorted[action.pick % sorted.length]?.id;
        const newRunId = randomUUID();
        const result = await asMember(async (db) => {
          const { rows: answers } = await sql<{ result: string }>`
            select engine.redrive(${tenantId}::uuid, ${letter}::uuid, null, null, ${newRunId}::uuid, 'Ann',
              ${randomUUID()}::uuid, null) ->> 'result' as result`.execute(db);
          return answers[0]?.result;
        });
        if (result === "redriven") runs.push(newRunId);
        return { outcome: result };
      }
      case "sweep":
        await leases.wakeTimers(worker, 1_000);
        await leases.reclaim(worker, 1_000);
        await leases.expireDeadlines(worker, 1_000);
        return { outcome: null };
    }
  }

  async function decide(action: Extract<Action, { do: "decide" }>): Promise<boolean> {
    const open = await rows<{
      id: string;
      run_id: string;
      step: string;
      name: string;
      digest: string;
    }>(
      `select a.id, a.run_id, s.name as step, a.name, a.arguments_digest as digest
       from approvals a join steps s on s.id = a.step_id where a.status = 'pending'`,
    );
    const key = (row: (typeof open)[number]) =>
      `${nameOf({ run_id: row.run_id, name: row.step })} ${row.name} ${row.digest}`;
    const sorted = open.toSorted((a, b) => (key(a) < key(b) ? -1 : 1));
    const id = sorted[action.pick % sorted.length]?.id;
    if (action.decision === "expire") {
      await owner.query("update approvals set expires_at = clock_timestamp() where id = $1", [id]);
      return (await leases.expireApprovals(worker, 10)) === 1;
    }
    const status = action.decision === "approve" ? "approved" : "rejected";
    await asMember(async (db) => {
      await sql`update approvals set status = ${status}, decided_at = clock_timestamp() where id = ${id}`.execute(
        db,
      );
      await sql`select engine.apply_approval(${id}::uuid, 'member', ${userId})`.execute(db);
    });
    return true;
  }

  return {
    claims,
    apply,
    dump: () => dumpDatabase(owner, runs),
    clear: async () => {
      await owner.query(
        `truncate runs, steps, step_dependencies, attempts, checkpoints, step_logs, waits, compensations, dead_letters, artifacts,
           agent_messages, approvals, events, packs, external_events cascade`,
      );
      runs = [];
      for (const held of claims) held.length = 0;
    },
    [Symbol.asyncDispose]: async () => {
      await Promise.all([owner.end(), workerPool.end(), webPool.end()]);
      await database.drop();
    },
  };
}
