import type { AgentResponse } from "@nofx/core/contract";
import { checkSchema, jsonSchemaOf, toJson } from "../schema/index.ts";
import type { AnyApproval, ApprovalHandle, AskOptions, TaskContext } from "../tasks/index.ts";
import { approval, type AnyObject } from "../tasks/index.ts";
import type { StandardSchema } from "../schema/index.ts";
import { identityOf } from "./identity.ts";
import type { Lease } from "./lease.ts";
import type { LogBuffer } from "./log-buffer.ts";
import { UsedNames } from "./names.ts";
import type { Stages } from "./stages.ts";
import type { StepCalls } from "./step-calls.ts";

type AnyHandle = ApprovalHandle<StandardSchema, StandardSchema | undefined>;
type Answer = Exclude<AgentResponse<"approval">, { status: "pending" }>;

/**
 * `ctx.approve`. Always asks the server, even when a decision came with the claim: it is bound to the exact question,
 * and only the server can tell whether that is still the one people answered.
 */
export function createApprovals(
  calls: StepCalls,
  lease: Lease,
  log: LogBuffer,
  stages: Stages,
): TaskContext["approve"] {
  const names = new UsedNames("Approval");

  async function ask(handle: AnyHandle, options: AskOptions<AnyObject>): Promise<unknown> {
    const { question, key, ask: asked, expiresInSeconds } = options;
    const name = identityOf(handle.name, key);
    names.use(name);
    lease.signal.throwIfAborted();
    const shown = await checkSchema(handle.asks, asked ?? {}, `what approval "${name}" asks`);
    const details = toJson(shown, `what approval "${name}" asks`) as Record<string, unknown>;
    const editable = handle.decides && jsonSchemaOf(handle.decides, "input");
    // The lease may end with the answer, and with it the right to store lines.
    await log.flush();
    const answer = await calls.call("approval", {
      name,
      question,
      ...(asked === undefined ? {} : { details }),
      ...(editable === undefined ? {} : { editable }),
      ...(expiresInSeconds === undefined ? {} : { expiresInSeconds }),
    });
    if (answer.status === "pending") throw lease.suspend(`approval "${name}"`);
    return resultOf(handle, name, details, answer);
  }

  return ((handle: AnyHandle | string, options: AskOptions<AnyObject>) => {
    const declared: AnyHandle | AnyApproval =
      typeof handle === "string" ? approval(handle) : handle;
    return stages.within("approval", declared.name, () => ask(declared, options));
  }) as TaskContext["approve"];
}

async function resultOf(
  handle: AnyHandle,
  name: string,
  details: Record<string, unknown>,
  answer: Answer,
): Promise<unknown> {
  const { status, reason } = answer;
  const why = reason === undefined ? {} : { reason };
  if (status !== "approved" && status !== "modified") return { status, ...why };
  const yes = status === "modified" ? answer.arguments : details;
  const schema = handle.decides ?? handle.asks;
  const decision =
    schema === handle.asks && status === "approved"
      ? details
      : await checkSchema(schema, yes, `decision of approval "${name}"`);
  return { status, decision, ...why };
}
