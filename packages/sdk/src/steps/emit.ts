import { checkSchema, toJson } from "../schema/index.ts";
import type { AnyTask, Keyed, TaskContext } from "../tasks/index.ts";
import { identityOf } from "./identity.ts";
import type { Lease } from "./lease.ts";
import { UsedNames } from "./names.ts";
import type { Stages } from "./stages.ts";
import type { StepCalls } from "./step-calls.ts";

/** `ctx.emit`: sent and remembered by the control plane in one transaction, so it is sent once. */
export function createEmit(
  calls: StepCalls,
  lease: Lease,
  stages: Stages,
  events: AnyTask["events"] = {},
): TaskContext["emit"] {
  const names = new UsedNames("Event");
  return (
    name: string,
    payload: unknown,
    { key, event = name, match }: Keyed & { event?: string; match?: string } = {},
  ) => {
    const identity = identityOf(name, key);
    return stages.within("step", identity, async () => {
      names.use(identity);
      lease.signal.throwIfAborted();
      const schema = events[event];
      const said =
        schema === undefined ? payload : await checkSchema(schema, payload, `event "${event}"`);
      await calls.call("emit", {
        name: identity,
        event,
        ...(match === undefined ? {} : { key: match }),
        payload: toJson(said, `event "${event}"`),
      });
    });
  };
}
