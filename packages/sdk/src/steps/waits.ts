import type { AgentRequest, MetWait } from "@nofx/core/contract";
import type { Lease } from "./lease.ts";
import type { LogBuffer } from "./log-buffer.ts";
import { UsedNames } from "./names.ts";
import type { StepCalls } from "./step-calls.ts";

export type OptionRequest = AgentRequest<"wait">["options"][number];

/** Waits of a step, each under a name: what is met comes back, what is not ends this execution. */
export class Waits {
  readonly #calls: StepCalls;
  readonly #lease: Lease;
  readonly #log: LogBuffer;
  readonly #names = new UsedNames("Wait");

  constructor(calls: StepCalls, lease: Lease, log: LogBuffer) {
    this.#calls = calls;
    this.#lease = lease;
    this.#log = log;
  }

  async ask(name: string, options: OptionRequest[], timeoutSeconds?: number): Promise<MetWait> {
    this.#names.use(name);
    this.#lease.signal.throwIfAborted();
    // The lease may end with the answer, and with it the right to store lines.
    await this.#log.flush();
    const answer = await this.#calls.call("wait", {
      name,
      options,
      ...(timeoutSeconds === undefined ? {} : { timeoutSeconds }),
    });
    if (answer.status === "pending") throw this.#lease.suspend(`"${name}"`);
    return answer.met;
  }
}
