import { APPROVAL_MUTANTS } from "./approval-mutants.ts";
import { AUDIT_MUTANTS } from "./audit-mutants.ts";
import { SCHEDULE_MUTANTS } from "./schedule-mutants.ts";
import { SESSION_MUTANTS } from "./session-mutants.ts";
import { TEST_PLANE_MUTANTS } from "./test-plane-mutants.ts";
import { VAULT_MUTANTS } from "./vault-mutants.ts";
import { WORKER_MUTANTS } from "./worker-mutants.ts";

/** One way to break our own code, and the test that has to notice. */
export interface Mutant {
  readonly name: string;
  readonly file: string;
  /** Text of the file, each once, and what stands there instead. */
  readonly edits: readonly (readonly [find: string, replace: string])[];
  readonly killer: { readonly file: string; readonly test: string };
}

const SQL = "packages/db/supabase/migrations";
const DB = "packages/db/test/engine";
const CONTROL = "packages/control/test";

const fence = { file: `${DB}/fence.test.ts`, test: "of an older epoch is refused" };
const clock = { file: `${DB}/fence.test.ts`, test: "of a lapsed lease is refused" };
const saga = (test: string) => ({ file: `${DB}/saga.test.ts`, test });
const settle = (test: string) => ({ file: `${DB}/settle.test.ts`, test });
const tasks = (test: string) => ({ file: `${DB}/tasks.test.ts`, test });
const waits = (test: string) => ({ file: `${DB}/waits.test.ts`, test });
const races = (file: string, test: string) => ({
  file: `${CONTROL}/interleavings/${file}.test.ts`,
  test,
});

/** `npm run mutants` makes each of them in a copy of the checkout and requires that its killer fails there. */
export const MUTANTS: readonly Mutant[] = [
  {
    name: "settle without comparing the epoch",
    file: `${SQL}/0035_engine_settle.sql`,
    edits: [["where s.epoch = i.epoch and s.status in", "where s.status in"]],
    killer: fence,
  },
  {
    name: "settle one success without comparing the epoch",
    file: `${SQL}/0054_hot_path.sql`,
    edits: [["s.id = v_step and s.epoch = v_epoch and", "s.id = v_step and"]],
    killer: fence,
  },
  {
    name: "settle many tasks without comparing the epoch",
    file: `${SQL}/0054_hot_path.sql`,
    edits: [["s.id = i.id and s.epoch = i.epoch and", "s.id = i.id and"]],
    killer: tasks("of many that are settled at once"),
  },
  {
    name: "settle by the time the transaction began",
    file: `${SQL}/0035_engine_settle.sql`,
    edits: [
      [
        "s.lease_owner = p_owner and s.lease_until > clock_timestamp()\n      and (p_tenant",
        "s.lease_owner = p_owner and s.lease_until > now()\n      and (p_tenant",
      ],
    ],
    killer: clock,
  },
  {
    name: "settle one success by the time the transaction began",
    file: `${SQL}/0054_hot_path.sql`,
    edits: [
      [
        "s.lease_owner = p_owner and s.lease_until > clock_timestamp()\n    and (p_tenant",
        "s.lease_owner = p_owner and s.lease_until > now()\n    and (p_tenant",
      ],
    ],
    killer: clock,
  },
  {
    name: "settle many tasks by the time the transaction began",
    file: `${SQL}/0054_hot_path.sql`,
    edits: [
      [
        "and s.lease_until > clock_timestamp() and s.plan_step_id is null",
        "and s.lease_until > now() and s.plan_step_id is null",
      ],
    ],
    killer: tasks("of many that are settled at once"),
  },
  {
    name: "side verbs without comparing the epoch",
    file: `${SQL}/0049_query_plans.sql`,
    edits: [["where s.id = p_step and s.epoch = p_epoch", "where s.id = p_step"]],
    killer: fence,
  },
  {
    name: "side verbs by the time the transaction began",
    file: `${SQL}/0049_query_plans.sql`,
    edits: [
      [
        "s.status = any (c_held) and s.lease_until > clock_timestamp()",
        "s.status = any (c_held) and s.lease_until > now()",
      ],
    ],
    killer: clock,
  },
  {
    name: "renew a lease that has run out",
    file: `${SQL}/0034_engine_grant.sql`,
    edits: [[" and s.lease_until > clock_timestamp()", ""]],
    killer: clock,
  },
  {
    name: "renew without comparing the epoch",
    file: `${SQL}/0034_engine_grant.sql`,
    edits: [
      [
        "from locked l join items i on i.step_id = l.id and i.epoch = l.epoch\n    where s.id = l.id\n    returning s.id, s.tenant_id, s.run_id, s.correlation_id, s.epoch,",
        "from locked l join items i on i.step_id = l.id\n    where s.id = l.id\n    returning s.id, s.tenant_id, s.run_id, s.correlation_id, i.epoch,",
      ],
    ],
    killer: fence,
  },
  {
    name: "claim without locking the candidates",
    file: `${SQL}/0033_engine_pick.sql`,
    edits: [
      ["limit v_left for update skip locked", "limit v_left"],
      ["limit v_allowed for update skip locked", "limit v_allowed"],
    ],
    killer: { file: `${DB}/claim.test.ts`, test: "eight claimers at once" },
  },
  {
    name: "claim what is on hold",
    file: `${SQL}/0033_engine_pick.sql`,
    edits: [
      [
        "s.priority = v_band.priority\n          and s.status = 'queued' and s.holds = 0 and",
        "s.priority = v_band.priority\n          and s.status = 'queued' and",
      ],
      [
        "s.priority = v_band.priority\n            and s.status = 'queued' and s.holds = 0 and",
        "s.priority = v_band.priority\n            and s.status = 'queued' and",
      ],
    ],
    killer: { file: `${DB}/claim.test.ts`, test: "what is held or not due yet is not claimed" },
  },
  {
    name: "a claim that does not raise the epoch",
    file: `${SQL}/0034_engine_grant.sql`,
    edits: [
      [
        "epoch = s.epoch + 1, lease_owner = p_owner, progress = null, claimed_at = clock_timestamp()",
        "epoch = greatest(s.epoch, 1), lease_owner = p_owner, progress = null, claimed_at = clock_timestamp()",
      ],
    ],
    killer: tasks("claims of many at once raise the epoch"),
  },
  {
    name: "a claim of one step that does not raise the epoch",
    file: `${SQL}/0054_hot_path.sql`,
    edits: [
      [
        "epoch = s.epoch + 1, lease_owner = p_owner, progress = null, claimed_at = v_now",
        "epoch = greatest(s.epoch, 1), lease_owner = p_owner, progress = null, claimed_at = v_now",
      ],
    ],
    killer: fence,
  },
  {
    name: "free a dependant when the first of its needs succeeds",
    file: `${SQL}/0054_hot_path.sql`,
    edits: [
      [
        "holds = case when s.deps_left = 1 then s.holds & ~1 else s.holds end",
        "holds = s.holds & ~1",
      ],
      [
        "holds = case when s.deps_left = met.n then s.holds & ~1 else s.holds end",
        "holds = s.holds & ~1",
      ],
    ],
    killer: settle("a dependant of two waits for both"),
  },
  {
    name: "cancel only what directly needs a failed step",
    file: `${SQL}/0054_hot_path.sql`,
    edits: [
      [
        "d.required and d.depends_on = doomed.id",
        "d.required and d.depends_on = doomed.id and doomed.id = any (p_ended)",
      ],
    ],
    killer: settle("a failure for good cancels what needs it"),
  },
  {
    name: "doom what only follows, too",
    file: `${SQL}/0054_hot_path.sql`,
    edits: [["where d.required and d.depends_on", "where d.depends_on"]],
    killer: saga("stops what builds on it and nothing else"),
  },
  {
    name: "reclaim without locking",
    file: `${SQL}/0011_engine_reclaim.sql`,
    edits: [
      [
        "order by s.lease_until limit p_limit for update skip locked",
        "order by s.lease_until limit p_limit",
      ],
    ],
    killer: races("leases", "two sweeps and a claim"),
  },
  {
    name: "one crash more than allowed",
    file: `${SQL}/0011_engine_reclaim.sql`,
    edits: [["when s.crashes + 1 >= s.max_crashes", "when s.crashes >= s.max_crashes"]],
    killer: { file: `${DB}/reclaim.test.ts`, test: "the third is poison" },
  },
  {
    name: "a retry that begins after the deadline",
    file: `${SQL}/0035_engine_settle.sql`,
    edits: [["> s.deadline_at as past_deadline", "> 'infinity' as past_deadline"]],
    killer: { file: `${DB}/retry.test.ts`, test: "a retry that would begin after the deadline" },
  },
  {
    name: "retries without a budget",
    file: `${SQL}/0009_engine_settle.sql`,
    edits: [["v_call.outcome = 'failed' and v_tokens < 1", "false"]],
    killer: { file: `${DB}/retry.test.ts`, test: "a dependency that is down gets ten retries" },
  },
  {
    name: "a success that does not register its undo",
    file: `${SQL}/0035_engine_settle.sql`,
    edits: [["where m.status = 'succeeded' and m.undo is not null", "where false"]],
    killer: saga("is undone in reverse order"),
  },
  {
    name: "undo in the order of doing",
    file: `${SQL}/0021_engine_saga.sql`,
    edits: [
      ["lag(x.undo_step) over (order by x.seq desc)", "lag(x.undo_step) over (order by x.seq)"],
      [
        "needs n where n.start = b.step_id and n.needed = a.step_id",
        "needs n where n.start = a.step_id and n.needed = b.step_id",
      ],
    ],
    killer: saga("is undone in reverse order"),
  },
  {
    name: "undo after the point of no return",
    file: `${SQL}/0021_engine_saga.sql`,
    edits: [["s.run_id = p_run and s.pivot and", "s.run_id = p_run and false and"]],
    killer: saga("after a pivot nothing is undone"),
  },
  {
    name: "a stale executor that registers an undo with its checkpoint",
    file: `${SQL}/0012_engine_side_verbs.sql`,
    edits: [["if v_created and p_undo is not null", "if p_undo is not null and p_name <> p_name"]],
    killer: saga("a checkpoint registers its undo with it"),
  },
  {
    name: "a question nobody answered counts as a yes",
    file: `${SQL}/0013_engine_approvals.sql`,
    edits: [["set status = 'expired', decided_at", "set status = 'approved', decided_at"]],
    killer: { file: `${DB}/approvals.test.ts`, test: "nobody answers" },
  },
  {
    name: "number events before older transactions have ended",
    file: `${SQL}/0072_notices.sql`,
    edits: [[" and e.xid < v_horizon", ""]],
    killer: { file: `${DB}/seal.test.ts`, test: "a transaction that commits late is waited for" },
  },
  {
    name: "one key, two requests",
    file: `${SQL}/0052_submit.sql`,
    edits: [
      ["v_locked := pg_try_advisory_xact_lock(", "v_locked := true or pg_try_advisory_xact_lock("],
    ],
    killer: { file: `${CONTROL}/command/idempotency.test.ts`, test: "a thousand at once" },
  },
  {
    name: "one key, any body",
    file: "packages/control/src/command/idempotency.ts",
    edits: [["stored.fingerprint !== fingerprint", "stored.fingerprint === undefined"]],
    killer: { file: `${CONTROL}/command/idempotency.test.ts`, test: "another value is" },
  },
  {
    name: "a sender that takes no lock",
    file: `${SQL}/0030_engine_send.sql`,
    edits: [["    perform pg_advisory_xact_lock_shared(v_lock);", "    perform v_lock;"]],
    killer: races("waits", "a wait and the event that it waits for"),
  },
  {
    name: "losers that stay open",
    file: `${SQL}/0022_engine_waits.sql`,
    edits: [
      [
        "where m.id = any (v_met) and w.step_id = m.step_id and w.name = m.name and w.status = 'open'",
        "where false and m.id = any (v_met)",
      ],
    ],
    killer: waits("the first of many is met"),
  },
  {
    name: "a wait that answers anew when it is asked again",
    file: `${SQL}/0107_join_children.sql`,
    edits: [
      [
        "w.step_id = p_step and w.name = p_name and w.status = 'met';",
        "false and w.name = p_name and w.status = 'met';",
      ],
    ],
    killer: waits("asking again after a crash"),
  },
  {
    name: "waiting that counts against the deadline",
    file: `${SQL}/0022_engine_waits.sql`,
    edits: [
      [
        "s.deadline_at + (clock_timestamp() - coalesce(s.held_at, clock_timestamp()))",
        "s.deadline_at",
      ],
    ],
    killer: waits("time spent waiting does not count"),
  },
  {
    name: "a cancel that what runs never hears of",
    file: `${SQL}/0024_engine_control.sql`,
    edits: [
      [
        "s.status in ('assigned', 'running') and s.cancel_requested_at is null\n      and (p_root",
        "false and s.cancel_requested_at is null\n      and (p_root",
      ],
    ],
    killer: races("control", "a cancel, a success and a claim"),
  },
  {
    name: "a pause that passes over what runs",
    file: `${SQL}/0024_engine_control.sql`,
    edits: [
      [
        "where s.run_id = p_run and s.status in ('queued', 'assigned', 'running') and s.holds & 256 = 0;",
        "where s.run_id = p_run and s.status = 'queued' and s.holds & 1 = 0 and s.holds & 256 = 0;",
      ],
    ],
    killer: races("control", "a pause, a success and a claim"),
  },
  {
    name: "retry at once, all together",
    file: "packages/core/src/machine/decide-retry.ts",
    edits: [["Math.round(range * random)", "Math.round(range)"]],
    killer: { file: "packages/core/src/machine/decide-retry.test.ts", test: "" },
  },
  {
    name: "try again what is permanent",
    file: "packages/core/src/machine/decide-retry.ts",
    edits: [['if (errorClass !== "retryable")', 'if (errorClass === "poison")']],
    killer: {
      file: "packages/core/src/machine/decide-retry.test.ts",
      test: "tries again only what may be tried again",
    },
  },
  {
    name: "call addresses that are not public",
    file: "packages/control/src/net/public-address.ts",
    edits: [['if (address.range() !== "unicast") return false;', ""]],
    killer: { file: `${CONTROL}/net/guarded-fetch.test.ts`, test: "" },
  },
  ...APPROVAL_MUTANTS,
  ...AUDIT_MUTANTS,
  ...SCHEDULE_MUTANTS,
  ...SESSION_MUTANTS,
  ...TEST_PLANE_MUTANTS,
  ...VAULT_MUTANTS,
  ...WORKER_MUTANTS,
];
