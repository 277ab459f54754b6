import { toJson } from "../schema/index.ts";
import type { TaskContext } from "../tasks/index.ts";
import type { Lease } from "./lease.ts";
import type { LogBuffer } from "./log-buffer.ts";
import { UsedNames } from "./names.ts";
import type { StepCalls } from "./step-calls.ts";

/**
 * `ctx.approve`. Always asks the server, even when a decision came with the claim: it is bound to the exact question,
 * and only the server can tell whether that is still the one people answered.
 */
export function createApprovals(
  calls: StepCalls,
  lease: Lease,
  log: LogBuffer,
): TaskContext["approve"] {
  const names = new UsedNames("Approval");
  return async (name, { question, details, editable, expiresInSeconds }) => {
    names.use(name);
    lease.signal.throwIfAborted();
    // The lease may end with the answer, and with it the right to store lines.
    await log.flush();
    const answer = await calls.call("approval", {
      name,
      question,
      ...(details === undefined
        ? {}
        : { details: toJson(details, `details of approval "${name}"`) as Record<string, unknown> }),
      ...(editable === undefined
        ? {}
        : { editable: toJson(editable, `editable of "${name}"`) as Record<string, unknown> }),
      ...(expiresInSeconds === undefined ? {} : { expiresInSeconds }),
    });
    if (answer.status === "pending") throw lease.suspend(`approval "${name}"`);
    return answer;
  };
}
