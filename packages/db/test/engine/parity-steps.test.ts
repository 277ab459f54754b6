import { sql } from "kysely";
import { afterAll, describe, expect, test } from "vitest";
import {
  STEP_TRANSITIONS,
  transitionStep,
  type StepEvent,
  type StepEventName,
  type StepGuard,
  type StepState,
} from "@nofx/core/machine";
import { HOLD_BITS, StepStatus, isTerminalStep } from "@nofx/core/vocabulary";
import * as leases from "@nofx/db/leases";
import { cancelRun, pauseRun, resumeRun } from "@nofx/db/queries";
import { refusal } from "./harness.ts";
import { At, EPOCH, startParityBench } from "./parity-bench.ts";

/**
 * The functions of schema engine against the table of steps: every event, in every status, under every combination of what its
 * guards ask. A row is brought into the state, the verb is called, and the row must be what the table says, or untouched. The
 * cases come from the table: a new event or guard does not compile here until it has a case.
 */
const bench = await startParityBench();
afterAll(() => bench[Symbol.asyncDispose]());

const HOUR = 3_600;
const RETRY_MS = 60_000;
const by = { type: "worker", owner: "p", tenantId: null } as const;

/** How a guard is made to hold or not: columns of the row, and what comes with the event. */
interface World {
  readonly columns?: Record<string, unknown>;
  readonly event?: Record<string, unknown>;
}

const WORLDS: Record<StepGuard, readonly World[]> = {
  no_holds: [{}, { columns: { holds: HOLD_BITS.person } }],
  due: [
    { columns: { run_at: new At(-HOUR) }, event: { due: true } },
    { columns: { run_at: new At(HOUR) }, event: { due: false } },
  ],
  same_epoch: [{ event: { epoch: EPOCH } }, { event: { epoch: EPOCH - 1 } }],
  lease_runs: [
    { columns: { lease_until: new At(60) }, event: { leaseRuns: true } },
    { columns: { lease_until: new At(-1) }, event: { leaseRuns: false } },
  ],
  lease_ran_out: [
    { columns: { lease_until: new At(-1) }, event: { leaseRuns: false } },
    { columns: { lease_until: new At(60) }, event: { leaseRuns: true } },
  ],
  may_retry: [
    { event: { retry: true } },
    { event: { retry: false } },
    { columns: { failures: 2 }, event: { retry: true } },
  ],
  in_time: [
    { columns: { deadline_at: new At(HOUR) }, event: { inTime: true } },
    { columns: { deadline_at: new At(1) }, event: { inTime: false } },
  ],
  past_deadline: [
    { columns: { deadline_at: new At(-1) }, event: { late: true } },
    { columns: { deadline_at: new At(HOUR) }, event: { late: false } },
    { event: { late: false } },
  ],
  handler_unknown: [
    { columns: { kind_version: 9, run_at: new At(-HOUR) }, event: { known: false } },
    { columns: { kind_version: 1, run_at: new At(-HOUR) }, event: { known: true } },
  ],
  crashes_left: [{}, { columns: { crashes: 2 } }],
  cancel_requested: [{}, { columns: { cancel_requested_at: new At(-1) } }],
  approval_held: [{ columns: { holds: HOLD_BITS.approval } }, {}],
};

/** What an event does to the row before, where the state alone does not say it, and the verb that stands for it. */
interface Verb {
  readonly columns?: Record<string, unknown>;
  readonly event?: Record<string, unknown>;
  /** Whether it was accepted, where the verb says so. */
  call(stepId: string, event: never): Promise<boolean | undefined>;
}

const fenced = async (work: Promise<unknown>) => (await refusal(work)) !== "NX001";
type Fenced = { epoch: number; retry: boolean };

async function settled(stepId: string, epoch: number, rest: object): Promise<boolean> {
  const settlement = { stepId, epoch, ...rest } as leases.Settlement;
  const { results } = await leases.settle(bench.worker, by, [settlement]);
  return results[0]?.result === "settled";
}

const claimOf = (stepId: string, { epoch }: Fenced) => ({ stepId, epoch, tenantId: null });

const VERBS: Record<StepEventName, Verb> = {
  claim: {
    call: async (stepId) => {
      const { claimed } = await leases.exchange(bench.worker, {
        worker: "q",
        version: null,
        handlers: ["shell@1"],
        settlements: [],
        renewals: [],
        want: 5,
        leaseMs: 60_000,
      });
      return claimed.some((step) => step.id === stepId);
    },
  },
  start: {
    call: (stepId, event: Fenced) =>
      fenced(leases.checkpoint(bench.worker, claimOf(stepId, event), "at work", null)),
  },
  heartbeat: {
    call: async (stepId, { epoch }: Fenced) => {
      const [row] = await leases.renew(bench.worker, by, [{ stepId, epoch }], 60_000);
      return row?.held;
    },
  },
  complete: {
    call: (stepId, { epoch }: Fenced) =>
      settled(stepId, epoch, { outcome: "succeeded", output: null }),
  },
  fail: {
    call: (stepId, { epoch, retry }: Fenced) =>
      settled(stepId, epoch, {
        outcome: "failed",
        error: { code: "timeout", message: "" },
        retryMs: retry ? RETRY_MS : undefined,
      }),
  },
  release: {
    call: (stepId, { epoch }: Fenced) => settled(stepId, epoch, { outcome: "released" }),
  },
  suspend: {
    event: { holds: ["timer"] },
    call: (stepId, event: Fenced) =>
      fenced(
        leases.wait(bench.worker, claimOf(stepId, event), "nap", [
          { option: "timer", kind: "timer", seconds: HOUR },
        ]),
      ),
  },
  lapse: { call: async () => void (await leases.reclaim(bench.worker, 10)) },
  pause: {
    call: async () => {
      await bench.asMember((db) => pauseRun(db, bench));
    },
  },
  resume: {
    columns: { holds: HOLD_BITS.paused },
    call: async () => {
      await bench.owner.query("update runs set paused_at = clock_timestamp()");
      await bench.asMember((db) => resumeRun(db, bench));
    },
  },
  free: {
    columns: { holds: HOLD_BITS.dependency },
    call: async (stepId) => {
      const need = await bench.placeNeed(stepId);
      await settled(need, EPOCH, { outcome: "succeeded", output: null });
    },
  },
  wake: {
    columns: { holds: HOLD_BITS.timer },
    event: { holds: ["timer"] },
    call: async (stepId) => {
      await bench.owner.query(
        `insert into waits (tenant_id, run_id, step_id, name, option, position, kind, due_at)
         values ($1, $2, $3, 'nap', 'timer', 0, 'timer', clock_timestamp())`,
        [bench.tenantId, bench.runId, stepId],
      );
      await leases.wakeTimers(bench.worker, 10);
    },
  },
  cancel: {
    call: async () => {
      const of = { tenantId: bench.tenantId, runId: bench.runId, compensate: null, reason: null };
      await bench.asMember((db) => cancelRun(db, of));
    },
  },
  deny: {
    call: async (stepId) => {
      const { rows } = await bench.owner.query(
        `insert into approvals (tenant_id, subject, plan_step_id, run_id, step_id, title, question, why, arguments,
           arguments_digest, requested_by_type, requested_by, requested_by_name, expires_at, correlation_id, status, decided_at)
         select tenant_id, 'plan_step', plan_step_id, run_id, id, '', '', '', '{}', '', 'system', 'test', 'test',
           clock_timestamp(), correlation_id, 'rejected', clock_timestamp()
         from steps where id = $1 returning id`,
        [stepId],
      );
      await bench.asMember((db) =>
        sql`select engine.apply_approval(${rows[0].id}::uuid, 'member', 'test')`.execute(db),
      );
    },
  },
  expire: { call: async () => void (await leases.expireDeadlines(bench.worker, 10)) },
  strand: {
    call: async () => {
      await bench.owner.query(
        `insert into worker_devices (name, host, pid, version, handlers, concurrency, local, status, started_at, up_since, seen_at)
         values ('known', 'h', 1, 'v', '{shell@1}', 1, false, 'active', clock_timestamp() - interval '2 h',
           clock_timestamp() - interval '2 h', clock_timestamp()) on conflict do nothing`,
      );
      await leases.endStranded(bench.worker, 900, 10);
    },
  },
  abandon: {
    columns: { holds: HOLD_BITS.dependency },
    call: async (stepId) => {
      const need = await bench.placeNeed(stepId);
      await settled(need, EPOCH, {
        outcome: "failed",
        error: { code: "exit_nonzero", message: "" },
      });
    },
  },
};

const EVENTS = [...new Set(STEP_TRANSITIONS.map((row) => row.event))];

/** Every combination of the worlds of these guards. */
function worldsOf(guards: readonly StepGuard[]): World[] {
  return guards.reduce<World[]>(
    (all, guard) =>
      all.flatMap((one) =>
        WORLDS[guard].map((other) => ({
          columns: { ...one.columns, ...other.columns },
          event: { ...one.event, ...other.event },
        })),
      ),
    [{}],
  );
}

async function check(name: StepEventName, status: StepStatus, world: World): Promise<void> {
  const verb = VERBS[name];
  const stepId = await bench.place({ ...verb.columns, ...world.columns, status });
  const before = await bench.read(stepId);
  const event = { type: name, ...verb.event, ...world.event } as StepEvent;
  const result = transitionStep(before, event);
  const says = `${name} in ${status} ${JSON.stringify(world)}`;
  const effects = result.ok ? result.effects : [];
  const accepted = await verb.call(stepId, event as never);
  const events = await bench.told();
  const closed = effects.find((effect) => effect.do === "close_attempt");
  expect({
    case: says,
    state: told(await bench.read(stepId)),
    accepted: accepted ?? result.ok,
    untold: effects.filter((effect) => effect.do === "tell" && !events.includes(effect.event)),
    outcome: closed === undefined ? null : await bench.outcome(stepId),
  }).toEqual({
    case: says,
    state: told(result.ok ? result.next : before),
    accepted: result.ok,
    untold: [],
    outcome: closed?.outcome ?? null,
  });
}

/** That its cancel was asked for says nothing any more of a step that has ended. */
function told(state: StepState) {
  return { ...state, cancelRequested: !isTerminalStep(state.status) && state.cancelRequested };
}

describe.each(EVENTS)("%s is allowed and refused as the table says", (name) => {
  const guards = [
    ...new Set(STEP_TRANSITIONS.filter((row) => row.event === name).flatMap((row) => row.guards)),
  ];
  test.each(StepStatus.options)("in %s", async (status) => {
    for (const world of worldsOf(guards)) await check(name, status, world);
  });
});

test("a table that says otherwise is found out", async () => {
  const lease = { lease_until: new At(-1) };
  const lie = { columns: lease, event: { epoch: EPOCH, leaseRuns: true } };
  await expect(check("complete", "running", lie)).rejects.toThrow("to deeply equal");
});
