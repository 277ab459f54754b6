import { DeclaredTask, type IntroduceRequest } from "@nofx/core/contract";
import process from "node:process";
import { jsonSchemaOf, type StandardSchema } from "../schema/index.ts";
import type { AnyTask } from "../tasks/index.ts";

/**
 * What tasks take and give, as JSON Schema, so that the control plane can refuse what does not fit where it is asked for. A schema
 * that its library cannot tell is left out, and checked by the agent alone.
 */
export function describeTasks(tasks: Iterable<AnyTask>): IntroduceRequest["tasks"] {
  return [...tasks].map((task) => {
    const { capability, input, output, events = {} } = task;
    const told = Object.entries(events).map(([name, schema]) => [name, jsonOf(schema)] as const);
    const known = Object.fromEntries(told.filter(([, schema]) => schema !== undefined));
    const declared = {
      capability,
      inputSchema: jsonOf(input),
      outputSchema: jsonOf(output, "output"),
      ...(Object.keys(known).length === 0 ? {} : { events: known }),
    };
    const checked = DeclaredTask.safeParse(declared);
    return checked.success ? checked.data : { capability };
  });
}

function jsonOf(schema: StandardSchema | undefined, side: "input" | "output" = "input") {
  return schema === undefined ? undefined : jsonSchemaOf(schema, side);
}

/** What runs the agent, like `node 24.1.0 linux-x64`. */
export function runtimeName(): string {
  return `node ${process.versions.node} ${process.platform}-${process.arch}`;
}
