import type { AgentContext } from "@nofx/control/command";
import { runSession } from "@nofx/control/sessions";
import { SessionWith } from "@nofx/core/vocabulary";
import { createDatabase, createPool } from "@nofx/db/client";
import type { DB } from "@nofx/db/types";
import type pg from "pg";
import { afterAll, beforeAll, expect, test } from "vitest";
import { expectInvariants, roleOf, startSessions, type Part, type Sessions } from "./harness.ts";

/** Which statements: all of them under PROVE, else some of each case. */
const STRIDE = process.env["PROVE"] === "1" ? 1 : 5;

let s: Sessions;
let pool: pg.Pool;
beforeAll(async () => {
  s = await startSessions();
  const connectionString = s.t.database.url("nofx_worker");
  pool = createPool({ connectionString, applicationName: "crashes", max: 2 });
});
afterAll(async () => {
  await pool.end();
  await s[Symbol.asyncDispose]();
});

/** A database whose connection is lost before its n-th statement, and what became of that. */
function losing(n: number) {
  const seen = { statements: 0, lost: false };
  const connect = async () => {
    const client = await pool.connect();
    return new Proxy(client, {
      get(target, name) {
        if (name !== "query") {
          const value: unknown = Reflect.get(target, name);
          return typeof value === "function" ? value.bind(target) : value;
        }
        return async (...args: unknown[]) => {
          seen.statements += 1;
          if (seen.statements === n) {
            seen.lost = true;
            await (target as unknown as { end(): Promise<void> }).end();
          }
          const query = Reflect.get(target, name) as (...of: unknown[]) => unknown;
          return query.apply(target, args);
        };
      },
    });
  };
  const db = createDatabase<DB>({ connect, end: async () => {} } as unknown as pg.Pool);
  return { db, seen };
}

const CASES: { args: object; part: Part }[] = [
  {
    args: { strategy: "pair", rounds: 2 },
    part: (step) =>
      roleOf(step) === "doer"
        ? { text: "x" }
        : { verdict: step.name.endsWith("1") ? "revise" : "accept" },
  },
  {
    args: { strategy: "swarm", mode: "race", agents: { n: 3 }, budgetUsd: 5 },
    part: (step) => ({ by: step.name }),
  },
];

/** Plays a session to its end; each turn of it loses its connection before the n-th statement, and is taken again. */
async function play({ args, part }: (typeof CASES)[number], n: number) {
  const tenant = await s.t.tenant();
  const agents: AgentContext[] = [await s.agent(tenant.id)];
  const run = await s.run(tenant.id, { capability: "work", ...args });
  let lost = 0;
  for (let turns = 0; turns < 20; turns += 1) {
    const { claimed } = await s.engine.exchange({
      version: "1.0.0",
      handlers: ["session@1"],
      settlements: [],
      renewals: [],
      want: 5,
      leaseMs: 30_000,
    });
    for (const step of claimed) {
      const held = { stepId: step.id, epoch: step.epoch };
      const spec = SessionWith.parse(step.arguments);
      const { db, seen } = losing(n);
      const take = (on: typeof db) => runSession(on, { random: () => 0.5 }, held, spec);
      const first = await take(db).catch(() => undefined);
      if (seen.lost) lost += 1;
      // a commit whose answer was lost is a commit: the step is on hold then, and this one is refused
      const answer = first ?? (await take(createDatabase<DB>(pool)).catch(() => undefined));
      if (answer === undefined || answer.held) continue;
      expect(answer.outcome.status).toBe("succeeded");
      if (answer.outcome.status !== "succeeded") continue;
      const { output } = answer.outcome;
      await s.engine.exchange({
        version: "1.0.0",
        handlers: [],
        settlements: [{ ...held, outcome: "succeeded", output }],
        renewals: [],
        want: 0,
        leaseMs: 30_000,
      });
    }
    for (const agent of agents) await s.act(agent, part, 1);
    if ((await run.step())["status"] === "succeeded") break;
  }
  const count = async (sql: string) =>
    Number((await s.t.owner.query(sql, [run.runId])).rows[0].count);
  return {
    lost,
    left: {
      steps: await run.steps(),
      row: await run.row().then(({ status, rounds, revision }) => ({ status, rounds, revision })),
      nodes: await count("select count(*) from run_agent_hierarchy where run_id = $1"),
      verdicts: await count("select count(*) from critic_verdicts where run_id = $1"),
      decisions: await count("select count(*) from strategy_decisions where run_id = $1"),
      budgets: await count(
        "select count(*) from budgets b join agent_sessions a on a.id = b.session_id where a.run_id = $1",
      ),
      reserved: await count(
        "select count(*) from budget_reservations where run_id = $1 and request_key like 'child:%'",
      ),
      begun: await count("select step_count as count from runs where id = $1"),
    },
  };
}

test.each(CASES.map((of, i) => [i, of] as const))(
  "case %i: a connection lost before any statement of any turn leaves nothing done twice, and nothing undone",
  async (i, of) => {
    const { left: whole } = await play(of, Infinity);
    expect(whole.steps["s"]).toBe("succeeded");
    let n = 1 + (i % STRIDE);
    for (let lost = Infinity; lost > 0; n += STRIDE) {
      const played = await play(of, n);
      expect({ n, left: played.left }).toEqual({ n, left: whole });
      lost = played.lost;
    }
    expect(n).toBeGreaterThan(8);
    await expectInvariants(s);
  },
);
