import { randomUUID } from "node:crypto";
import { submitTasks } from "@nofx/control/tasks";
import { toUuid } from "@nofx/core/vocabulary";
import { createPool } from "@nofx/db/client";
import type { BenchDatabase } from "./database.ts";
import { connectMember, type Member } from "./member.ts";

/** Puts tasks into a database: one a payload, in one call. */
export interface Submitter {
  /** Answers the runs, in the order of the payloads. */
  submit(payloads: readonly unknown[]): Promise<string[]>;
  close(): Promise<void>;
}

/** The kind that stands for any work: a bench's worker calls its handler in place of sending the request. */
const KIND = "http";

/** What the handler is given is `json`. */
export const workOf = (json: unknown) => ({
  method: "PUT",
  url: "https://bench.example/",
  body: { json },
});

/** The command, as a person's request calls it: rights, form, gates, idempotency, audit. */
export function commandSubmitter(
  database: BenchDatabase,
  { max = 10, member }: { max?: number; member?: Member } = {},
): Submitter {
  const by = member ?? connectMember(database, max);
  return {
    async submit(payloads) {
      const tasks = payloads.map((json) => ({ kind: KIND, with: workOf(json) }) as const);
      const { runs } = await submitTasks(by.request(), { tasks });
      return runs.map((run) => toUuid("run", run));
    },
    close: () => by.close(),
  };
}

/** Straight to the engine, as its own login: what the command adds is left out. */
export function directSubmitter(database: BenchDatabase, max = 4): Submitter {
  const pool = createPool({
    connectionString: database.url("nofx_worker"),
    applicationName: "bench producer",
    max,
  });
  return {
    async submit(payloads) {
      const tasks = payloads.map((json) => ({
        kind: KIND,
        kind_version: 1,
        executor: "worker",
        arguments: { ...workOf(json), timeoutSeconds: 30, maxResponseBytes: 65_536 },
        title: "PUT https://bench.example/",
        token: randomUUID(),
      }));
      const { rows } = await pool.query<{ value: { runs: string[] } }>(
        "select engine.enqueue($1, $2, 'member', $3, $4) as value",
        [database.tenantId, JSON.stringify(tasks), database.memberId, randomUUID()],
      );
      await pool.query("select pg_notify('nofx_doorbell', 'default')");
      return rows[0]?.value.runs ?? [];
    },
    close: () => pool.end(),
  };
}

/** `n` tasks of payload `{ i }` in calls of `size`, `inFlight` calls at a time. */
export async function submitMany(
  submitter: Submitter,
  n: number,
  { size = 1_000, inFlight = 1 } = {},
): Promise<void> {
  let next = 0;
  const work = async () => {
    while (next < n) {
      const from = next;
      next = Math.min(n, from + size);
      await submitter.submit(Array.from({ length: next - from }, (_, i) => ({ i: from + i })));
    }
  };
  await Promise.all(Array.from({ length: inFlight }, work));
}
