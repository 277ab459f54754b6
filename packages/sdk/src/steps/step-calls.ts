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

/** Verbs that are done as the step: messages. */
type BusCall = "send" | "reply" | "read";

type Body<N extends StepCall> = Omit<AgentRequest<N>, "epoch">;

/** The verbs of one step: each carries its epoch, and a refusal of that epoch ends the lease. */
export interface StepCalls {
  readonly step: ClaimedStep;
  call<N extends StepCall>(
    name: N,
    body: Body<N>,
    options?: CallOptions & { params?: Partial<AgentParams<N>> },
  ): Promise<AgentResponse<N>>;
  /** A verb of another noun, which names the step and its epoch in its body. */
  callAs<N extends BusCall>(
    name: N,
    params: AgentParams<N>,
    body: AgentRequest<N>,
  ): Promise<AgentResponse<N>>;
}

export function createStepCalls(client: AgentClient, step: ClaimedStep, lease: Lease): StepCalls {
  async function held<T>(name: StepCall | BusCall, work: () => Promise<T>): Promise<T> {
    lease.assertHeld();
    try {
      return await work();
    } catch (error) {
      if (isLeaseLost(error, name)) lease.lose(error);
      lease.assertHeld();
      throw error;
    }
  }

  return {
    step,
    call: (name, body, { params, ...options } = {}) =>
      held(name, () =>
        client.call(
          name,
          { ...params, stepId: step.id } as AgentParams<typeof name>,
          { ...body, epoch: step.epoch } as AgentRequest<typeof name>,
          { signal: lease.gone, ...options },
        ),
      ),
    callAs: (name, params, body) =>
      held(name, () => client.call(name, params, body, { signal: lease.gone })),
  };
}

/** Where it is the receiver, or a message, that is not there, the step is still ours. */
const ABOUT_OTHERS = new Set<string>(["message", "send", "reply", "read"]);

/** A step that is no longer there is as lost as one that somebody else holds. */
function isLeaseLost(error: unknown, name: string): boolean {
  if (!NofxApiError.is(error)) return false;
  return error.code === "lease_lost" || (error.code === "not_found" && !ABOUT_OTHERS.has(name));
}
