import { TIMED_OUT, type AgentRequest } from "@nofx/core/contract";
import { toJson } from "../schema/index.ts";
import type { Child, WaitFor, Waiting } from "../tasks/index.ts";
import type { Lease } from "./lease.ts";
import type { LogBuffer } from "./log-buffer.ts";
import { UsedNames } from "./names.ts";
import type { StepCalls } from "./step-calls.ts";

type OptionRequest = AgentRequest<"wait">["options"][number];

const TASK_SECONDS = 3_600;
const APPROVAL_SECONDS = 259_200;

/** `ctx.wait` and what is made of it, `ctx.spawn` and `ctx.send`. */
export function createWaiting(calls: StepCalls, lease: Lease, log: LogBuffer): Waiting {
  const names = new UsedNames("Wait");
  const counters = new Map<string, number>();
  /** The how-many-eth time of something that has no name of its own: the same in every execution. */
  const nth = (what: string) => {
    const n = (counters.get(what) ?? 0) + 1;
    counters.set(what, n);
    return n;
  };

  async function ask(name: string, options: OptionRequest[], timeoutSeconds: number | undefined) {
    names.use(name);
    lease.signal.throwIfAborted();
    // The lease may end with the answer, and with it the right to store lines.
    await log.flush();
    const answer = await calls.call("wait", {
      name,
      options,
      ...(timeoutSeconds === undefined ? {} : { timeoutSeconds }),
    });
    if (answer.status === "pending") throw lease.suspend(`"${name}"`);
    return answer.met;
  }

  return {
    async wait(name, options, { timeoutSeconds } = {}) {
      const requests = Object.entries(options).map(([option, what]) => requestOf(option, what));
      return (await ask(name, requests, timeoutSeconds)) as never;
    },
    async sleep(name, seconds) {
      await ask(name, [{ option: "over", seconds }], undefined);
    },
    async waitForEvent(name, { event = name, key, timeoutSeconds } = {}) {
      const option = requestOf("event", {
        event: { name: event, ...(key === undefined ? {} : { key }) },
      });
      const met = await ask(name, [option], timeoutSeconds);
      return met.kind === "event" ? met.payload : null;
    },
    async receive(channel = "default", { timeoutSeconds } = {}) {
      const name = `message ${nth(`receive ${channel}`)} of ${channel}`;
      const option = requestOf("message", { message: { channel } });
      const met = await ask(name, [option], timeoutSeconds);
      return met.kind === "message" ? met.payload : null;
    },
    async send(stepId, channel, payload) {
      const sentAs = `${stepId} ${channel} ${nth(`send ${stepId} ${channel}`)}`;
      lease.signal.throwIfAborted();
      const json = toJson(payload, `A message to ${stepId}`);
      await calls.call("message", { to: stepId, channel, payload: json, sentAs });
    },
    async spawn(children) {
      lease.signal.throwIfAborted();
      const answer = await calls.call("spawn", { children: children.map(childOf) });
      return answer.children;
    },
    async children(name = "children") {
      const met = await ask(name, [{ option: "ended", children: true }], undefined);
      return met.kind === "children" ? met.payload : [];
    },
  };
}

function requestOf(option: string, what: WaitFor): OptionRequest {
  if (option === TIMED_OUT) {
    throw new TypeError(
      `"${TIMED_OUT}" is what timeoutSeconds is called: name the option otherwise`,
    );
  }
  if ("message" in what) return { option, message: { channel: what.message.channel ?? "default" } };
  if (!("approval" in what)) return { option, ...what };
  const { question, details, expiresInSeconds = APPROVAL_SECONDS } = what.approval;
  return {
    option,
    approval: {
      question,
      expiresInSeconds,
      ...(details === undefined
        ? {}
        : { details: toJson(details, `details of option "${option}"`) as Record<string, unknown> }),
    },
  };
}

function childOf(child: Child): AgentRequest<"spawn">["children"][number] {
  const { name, capability, input = {}, timeoutSeconds = TASK_SECONDS, ...rest } = child;
  const json = toJson(input, `input of child "${name}"`) as Record<string, unknown>;
  return { ...rest, name, kind: "agent", with: { capability, input: json, timeoutSeconds } };
}
