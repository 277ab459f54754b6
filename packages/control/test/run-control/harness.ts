import { decideApproval, listApprovals } from "@nofx/control/approvals";
import { importBacklog } from "@nofx/control/backlog";
import type { MemberContext } from "@nofx/control/command";
import { createPlan, executePlan } from "@nofx/control/plans";
import { getRun } from "@nofx/control/runs";
import { again, createTestPlane, type TestPlane, type TestTenant } from "@nofx/control/testing";
import type { RunView } from "@nofx/core/api";
import { toUuid } from "@nofx/core/vocabulary";
import { createDatabase, createPool } from "@nofx/db/client";
import {
  exchange,
  reclaim,
  redriveBatches,
  type ClaimedStepRow,
  type EngineDb,
  type Settlement,
} from "@nofx/db/leases";
import { checkInvariants } from "@nofx/db/testing";
import type { DB } from "@nofx/db/types";
import { backlog } from "../fixtures.ts";

const LEASE_MS = 30_000;
const HANDLERS = ["shell@1", "approval@1"];

/** How a step ends: done, or failed for good with this code. */
export type Ending = "ok" | { code: string };

/** A control plane, and the engine's own login in the place of a worker: it executes what a test says. */
export interface ControlPlane {
  readonly t: TestPlane;
  readonly worker: EngineDb;
  claim(want?: number): Promise<ClaimedStepRow[]>;
  settle(...settlements: Settlement[]): ReturnType<typeof exchange>;
  renew(step: ClaimedStepRow): Promise<{ held: boolean; cancel_requested: boolean }>;
  /** Executes everything that can be executed, one step at a time, until nothing is left; answers the names in order. */
  work(end?: (step: ClaimedStepRow) => Ending): Promise<string[]>;
  /** A run of these items, queued. */
  run(operator: MemberContext, items: unknown[]): Promise<RunView>;
  view(ctx: MemberContext, runId: string): Promise<RunView>;
  lapse(runId: string, name: string): Promise<void>;
  sweepBatches(): Promise<number>;
  [Symbol.asyncDispose](): Promise<void>;
}

export async function startControl(): Promise<ControlPlane> {
  const t = await createTestPlane();
  const pool = createPool({
    connectionString: t.database.url("nofx_worker"),
    applicationName: "worker",
    max: 8,
  });
  const worker = createDatabase<DB>(pool);
  const base = {
    worker: "w1",
    version: "1.0.0",
    handlers: HANDLERS,
    settlements: [],
    renewals: [],
    want: 0,
    leaseMs: LEASE_MS,
  };
  const claim = async (want = 100) => (await exchange(worker, { ...base, want })).claimed;
  const settle = (...settlements: Settlement[]) => exchange(worker, { ...base, settlements });
  let packs = 0;
  return {
    t,
    worker,
    claim,
    settle,
    async renew({ id, epoch }) {
      const renewals = [{ stepId: id, epoch }];
      const [renewed] = (await exchange(worker, { ...base, renewals })).renewed;
      if (renewed === undefined) throw new Error("no answer about the lease");
      return renewed;
    },
    async work(end = () => "ok") {
      const names: string[] = [];
      for (;;) {
        const [step] = await claim(1);
        if (step === undefined) return names;
        names.push(step.name);
        await settle(ended(step, end(step)));
      }
    },
    async run(operator, items) {
      const pack = `p${(packs += 1)}`;
      await importBacklog(again(operator), backlog(pack, items));
      const plan = await createPlan(again(operator), { pack });
      const { runId } = await executePlan(again(operator), { planId: plan.id });
      return getRun(operator, { runId });
    },
    view: (ctx, runId) => getRun(ctx, { runId }),
    async lapse(runId, name) {
      await t.owner.query(
        "update steps set lease_until = clock_timestamp() where run_id = $1 and name = $2",
        [toUuid("run", runId), name],
      );
      await reclaim(worker, 100);
    },
    sweepBatches: async () => (await redriveBatches(worker, 25)).redriven,
    async [Symbol.asyncDispose]() {
      // whatever a test did, the whole database must still make sense
      const query = async (text: string) => (await t.owner.query(text)).rows;
      const broken = (await checkInvariants(query)).filter((one) => one.broken.length > 0);
      await pool.end();
      await t[Symbol.asyncDispose]();
      if (broken.length > 0) throw new Error(JSON.stringify(broken, null, 2));
    },
  };
}

export function ended(step: ClaimedStepRow, ending: Ending): Settlement {
  const { id: stepId, epoch } = step;
  if (ending === "ok") return { stepId, epoch, outcome: "succeeded", output: { by: step.name } };
  return { stepId, epoch, outcome: "failed", error: { code: ending.code, message: "It broke." } };
}

/** An attempt that failed in passing, and asks for another at once. */
export function retry({ id: stepId, epoch }: ClaimedStepRow): Settlement {
  const error = { code: "timeout", message: "It took too long." };
  return { stepId, epoch, outcome: "failed", error, retryMs: 0 };
}

/** `{ name: status }` of a run's steps. */
export function statuses(run: RunView): Record<string, string> {
  return Object.fromEntries(run.stepList.map((step) => [step.name, step.status]));
}

/** An item that leaves an effect, and says how to take it back. */
export function undoable(id: string, more: Record<string, unknown> = {}) {
  const act = (...command: string[]) => ({ kind: "shell", with: { command } });
  return { id, title: id, ...act("do", id), undo: act("undo", id), owner: "team", ...more };
}

/** Answers the one open question, as somebody who did not ask it. */
export async function answer(
  tenant: TestTenant,
  decision: "approve" | "reject" = "approve",
): Promise<void> {
  const supervisor = await tenant.as("supervisor");
  const { items } = await listApprovals(supervisor, {});
  const [open] = items;
  if (open === undefined || items.length > 1) throw new Error(`${items.length} open questions`);
  await decideApproval(again(supervisor), { approvalId: open.id, decision, reason: "as shown" });
}
