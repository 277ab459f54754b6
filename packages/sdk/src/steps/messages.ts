import { toJson } from "../schema/index.ts";
import type { Messages } from "../tasks/index.ts";
import type { Lease } from "./lease.ts";
import type { StepCalls } from "./step-calls.ts";
import type { Waits } from "./waits.ts";

/** `ctx.message` */
export function createMessages(calls: StepCalls, lease: Lease, waits: Waits): Messages {
  const counters = new Map<string, number>();
  /** The how-many-eth message to, or from, one mailbox: the same in every execution, as they go and come in order. */
  const nth = (what: string) => {
    const n = (counters.get(what) ?? 0) + 1;
    counters.set(what, n);
    return n;
  };
  return {
    async send(stepId, channel, payload) {
      const sentAs = `${stepId} ${channel} ${nth(`send ${stepId} ${channel}`)}`;
      lease.signal.throwIfAborted();
      const json = toJson(payload, `A message to ${stepId}`);
      await calls.call("message", { to: stepId, channel, payload: json, sentAs });
    },
    async read(channel = "default", { timeoutSeconds } = {}) {
      const name = `message ${nth(`receive ${channel}`)} of ${channel}`;
      const option = { option: "message", message: { channel } };
      const met = await waits.ask(name, [option], timeoutSeconds);
      return met.kind === "message" ? met.payload : null;
    },
  };
}
