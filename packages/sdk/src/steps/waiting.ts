import { TIMED_OUT } from "@nofx/core/contract";
import { checkSchema, toJson } from "../schema/index.ts";
import type {
  AnyOptions,
  AnyTask,
  Keyed,
  TaskContext,
  WaitFor,
  WaitForOptions,
} from "../tasks/index.ts";
import { resultOf } from "./children.ts";
import { identityOf } from "./identity.ts";
import type { Stages } from "./stages.ts";
import type { OptionRequest, Waits } from "./waits.ts";

const APPROVAL_SECONDS = 259_200;

/** `ctx.sleep`, `ctx.waitFor` and `ctx.any`. */
export function createWaiting(
  waits: Waits,
  stages: Stages,
  events: AnyTask["events"] = {},
): Pick<TaskContext, "sleep" | "waitFor" | "any"> {
  /** What came with an event, as its schema gives it. */
  async function payloadOf(event: string, payload: unknown): Promise<unknown> {
    const schema = events[event];
    return schema === undefined ? payload : checkSchema(schema, payload, `event "${event}"`);
  }

  return {
    sleep(name: string, time: number | (({ seconds: number } | { until: string }) & Keyed)) {
      const { key, ...at } = typeof time === "number" ? { key: undefined, seconds: time } : time;
      const identity = identityOf(name, key);
      return stages.within("wait", identity, async () => {
        await waits.ask(identity, [{ option: "over", ...at }]);
      });
    },
    waitFor: ((name: string, options?: WaitForOptions & { event?: string }) => {
      const { key, event = name, match, timeoutSeconds } = options ?? {};
      const identity = identityOf(name, key);
      return stages.within("wait", identity, async () => {
        const about = { name: event, ...(match === undefined ? {} : { key: match }) };
        const met = await waits.ask(identity, [{ option: "event", event: about }], timeoutSeconds);
        if (met.kind !== "event") return { status: "timed_out" };
        const payload = await payloadOf(event, met.payload.payload);
        return { ...met.payload, payload, status: "received" };
      });
    }) as TaskContext["waitFor"],
    any: ((
      name: string,
      options: Record<string, WaitFor>,
      { key, timeoutSeconds }: AnyOptions = {},
    ) => {
      const identity = identityOf(name, key);
      return stages.within("wait", identity, async () => {
        const requests = Object.entries(options).map(([option, what]) => requestOf(option, what));
        const met = await waits.ask(identity, requests, timeoutSeconds);
        if (met.kind === "children") return { ...met, payload: met.payload.map(resultOf) };
        if (met.kind !== "event") return met;
        const payload = await payloadOf(met.payload.name, met.payload.payload);
        return { ...met, payload: { ...met.payload, payload } };
      });
    }) as TaskContext["any"],
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
