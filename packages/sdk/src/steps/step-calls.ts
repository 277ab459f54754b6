import type { AgentParams, AgentRequest, AgentResponse, ClaimedStep } from "@nofx/core/contract";
import type { AgentClient, CallOptions } from "../client/index.ts";
import { NofxApiError } from "../errors/index.ts";
import type { Lease } from "./lease.ts";

type StepCall =
  | "checkpoint"
  | "approval"
  | "toolBegin"
  | "toolEnd"
  | "wait"
  | "spawn"
  | "emit"
  | "message"
  | "artifact"
  | "artifactComplete"
  | "logs"
  | "complete"
  | "fail"
  | "release";

type Body<N extends StepCall> = Omit<AgentRequest<N>, "epoch">;

/** The verbs of one step: each carries its epoch, and a refusal of that epoch ends the lease. */
export interface StepCalls {
  readonly step: ClaimedStep;
  call<N extends StepCall>(
    name: N,
    body: Body<N>,
    options?: CallOptions & { params?: Partial<AgentParams<N>> },
  ): Promise<AgentResponse<N>>;
}

export function createStepCalls(client: AgentClient, step: ClaimedStep, lease: Lease): StepCalls {
  return {
    step,
    async call(name, body, { params, ...options } = {}) {
      lease.assertHeld();
      try {
        return await client.call(
          name,
          { ...params, stepId: step.id } as AgentParams<typeof name>,
          { ...body, epoch: step.epoch } as AgentRequest<typeof name>,
          { signal: lease.gone, ...options },
        );
      } catch (error) {
        if (isLeaseLost(error)) lease.lose(error);
        lease.assertHeld();
        throw error;
      }
    },
  };
}

/** A step that is no longer there is as lost as one that somebody else holds. */
function isLeaseLost(error: unknown): boolean {
  return NofxApiError.is(error) && (error.code === "lease_lost" || error.code === "not_found");
}
