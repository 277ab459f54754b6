import type { WorkerView } from "@nofx/core/api";
import { NofxError } from "@nofx/core/errors";
import { listWorkers, type WorkerRecord } from "@nofx/db/queries";
import type { MemberContext } from "../command/context.ts";
import type { CommandTransaction } from "../command/transaction.ts";

export function toWorkerView(worker: WorkerRecord): WorkerView {
  return {
    name: worker.name,
    status: worker.status,
    host: worker.host,
    version: worker.version,
    handlers: worker.handlers,
    concurrency: worker.concurrency,
    local: worker.local,
    inFlight: worker.in_flight,
    claimed: worker.claimed,
    settled: worker.settled,
    drainRequestedAt: worker.drain_requested_at?.toISOString() ?? null,
    startedAt: worker.started_at.toISOString(),
    seenAt: worker.seen_at.toISOString(),
  };
}

export async function viewWorker(tx: CommandTransaction, name: string): Promise<WorkerView> {
  const [worker] = await listWorkers(tx.db, { name, all: true, limit: 1 });
  if (worker === undefined)
    throw new NofxError("not_found", { detail: "There is no worker of this name." });
  return toWorkerView(worker);
}

/** Workers serve every tenant, so it takes the people of a tenant that operates the plane to stop one from claiming. */
export async function operatesPlane(ctx: MemberContext, tx: CommandTransaction): Promise<boolean> {
  const tenant = await tx.db
    .selectFrom("tenants")
    .select("operates_plane")
    .where("id", "=", ctx.tenantId)
    .executeTakeFirst();
  return tenant?.operates_plane === true;
}
