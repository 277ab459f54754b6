import type { StandardSchema } from "../schema/index.ts";
import type { ApprovalBuilder } from "./approvals.ts";
import { anyObject } from "./task-schemas.ts";
import type { AnyObject } from "./task.ts";

/** A question to people, declared once: `approval("refund").ask(S).decide(S)`. `ctx.approve` asks it. */
export function approval(name: string): ApprovalBuilder<AnyObject, undefined> {
  return handleOf(name, anyObject, undefined) as ApprovalBuilder<AnyObject, undefined>;
}

function handleOf(name: string, asks: StandardSchema, decides: StandardSchema | undefined): object {
  return Object.freeze({
    kind: "approval",
    name,
    asks,
    decides,
    ask: (schema: StandardSchema) => handleOf(name, schema, decides),
    decide: (schema: StandardSchema) => handleOf(name, asks, schema),
  });
}
