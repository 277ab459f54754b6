import { OneWorkerInput, type WorkerView } from "@nofx/core/api";
import { NofxError } from "@nofx/core/errors";
import { sql } from "kysely";
import type { z } from "zod";
import type { MemberContext } from "../command/context.ts";
import { runCommand } from "../command/run-command.ts";
import { operatesPlane, viewWorker } from "./view.ts";

type Input = z.input<typeof OneWorkerInput>;

/** The worker claims nothing more, ends what it holds, and waits; also the next process of its name. Within seconds. */
export function drainWorker(ctx: MemberContext, input: Input): Promise<WorkerView> {
  return setDrain(ctx, input, true);
}

/** The worker claims again. */
export function undrainWorker(ctx: MemberContext, input: Input): Promise<WorkerView> {
  return setDrain(ctx, input, false);
}

function setDrain(ctx: MemberContext, input: Input, drain: boolean): Promise<WorkerView> {
  const spec = {
    name: drain ? "workers.drain" : "workers.undrain",
    permission: "worker.manage",
    input: OneWorkerInput,
  } as const;
  return runCommand(ctx, spec, input, async (tx, { name }) => {
    if (!(await operatesPlane(ctx, tx))) {
      throw new NofxError("forbidden", {
        detail:
          "Workers serve every tenant: draining one is for the people of a tenant that operates the plane.",
      });
    }
    const { numUpdatedRows } = await tx.db
      .updateTable("worker_devices")
      .set({ drain_requested_at: drain ? sql<Date>`clock_timestamp()` : null })
      .where("name", "=", name)
      .where("drain_requested_at", drain ? "is" : "is not", null)
      .executeTakeFirstOrThrow();
    const worker = await viewWorker(tx, name);
    if (numUpdatedRows > 0n) {
      await tx.audit(drain ? "worker.drained" : "worker.undrained", { worker: name });
    }
    return worker;
  });
}
