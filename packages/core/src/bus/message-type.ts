import { z } from "zod";
import { AgentId, ArtifactId, MessageId, StepId } from "../vocabulary/ids.ts";
import { storableText } from "../vocabulary/text.ts";

// What a message on the bus says. The product's own types are a closed list, each with a schema; a tenant's own begin with `x.`,
// so that no later type of the product means something else than theirs.

const OWN = "x.";

/** `x.orders.refund_asked`, or one of the product's. */
export const BusType = z
  .string()
  .max(128)
  .regex(
    /^[a-z][a-z0-9_]*(\.[a-z][a-z0-9_]*)+$/,
    "use segments of a-z 0-9 _ with dots between, like x.orders.asked",
  );

export function isOwnType(type: string): boolean {
  return type.startsWith(OWN);
}

/** A tenant's own type, which it may register with a schema. */
export const OwnType = BusType.refine(isOwnType, `types of your own begin with ${OWN}`);

const text = storableText(100_000);

const CheckpointReference = z.strictObject({ stepId: StepId, name: z.string().min(1).max(200) });

/** Artifacts and checkpoints that a message is about: by reference, they stay where they are. */
export const References = z.strictObject({
  artifacts: z.array(ArtifactId).max(100).default([]),
  checkpoints: z.array(CheckpointReference).max(100).default([]),
});
export type References = z.infer<typeof References>;

/** The product's types. Payloads are content: they are sealed, and may hold what people and models wrote. */
export const BUS_TYPES = {
  "message.sent": z.unknown(),
  "request.made": z.unknown(),
  "reply.given": z.unknown(),
  "summary.given": z.looseObject({ text }),
  "instruction.given": z.looseObject({ text }),
  "handoff.offered": z.looseObject({
    what: storableText(2_000, 1),
    context: z.unknown().optional(),
    to: AgentId.optional(),
  }),
  "handoff.taken": z.looseObject({ offer: MessageId }),
  "handoff.declined": z.looseObject({ offer: MessageId, why: storableText(2_000, 1) }),
  "escalation.raised": z.looseObject({
    question: storableText(2_000, 1),
    details: z.unknown().optional(),
  }),
  "board.posted": z.unknown(),
} as const satisfies Record<string, z.ZodType>;
export type ProductType = keyof typeof BUS_TYPES;

export function isProductType(type: string): type is ProductType {
  return Object.hasOwn(BUS_TYPES, type);
}
