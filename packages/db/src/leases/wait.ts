import { ApprovalStatus, StepStatus, WaitKind } from "@nofx/core/vocabulary";
import { sql } from "kysely";
import { z } from "zod";
import { callOne } from "./call.ts";
import type { Claim, EngineDb } from "./engine-db.ts";

/** One thing that a step may wait for, under the label that says which it was. */
export type WaitOption = { readonly option: string } & (
  | { readonly kind: "timer"; readonly seconds: number }
  | { readonly kind: "timer"; readonly until: string }
  | { readonly kind: "event"; readonly topic: string; readonly key?: string | undefined }
  | { readonly kind: "message"; readonly topic: string }
  /** All of them, or those that are named. */
  | { readonly kind: "children"; readonly children?: readonly string[] }
  | {
      readonly kind: "person";
      readonly question: {
        readonly title: string;
        readonly question: string;
        readonly choices?: readonly string[] | undefined;
      };
    }
  | {
      readonly kind: "approval";
      readonly title: string;
      readonly question: string;
      readonly why: string;
      readonly arguments: Record<string, unknown>;
      readonly arguments_digest: string;
      readonly requester: string;
      readonly expires_ms: number;
    }
);

const WaitAnswer = z.discriminatedUnion("held", [
  /** The step was put on hold and its lease ended: the executor stops without settling. */
  z.object({ held: z.literal(true), name: z.string() }),
  z.object({
    held: z.literal(false),
    name: z.string(),
    met: z.string(),
    kind: WaitKind,
    payload: z.unknown(),
  }),
]);
export type WaitAnswer = z.infer<typeof WaitAnswer>;

const EndedChild = z.object({
  name: z.string(),
  step_id: z.string(),
  status: StepStatus,
  output: z.unknown(),
  error: z.looseObject({ code: z.string(), message: z.string() }).nullable(),
});

/** What met a wait, by kind. */
export const MetPayload = z.discriminatedUnion("kind", [
  z.object({ kind: z.literal("timer"), payload: z.null() }),
  z.object({
    kind: z.literal("event"),
    payload: z.object({
      event_id: z.string(),
      name: z.string(),
      key: z.string().nullable(),
      sent_at: z.string(),
      payload: z.unknown(),
    }),
  }),
  z.object({
    kind: z.literal("message"),
    payload: z.object({
      message_id: z.string(),
      from_step: z.string().nullable(),
      channel: z.string(),
      sent_at: z.string(),
      payload: z.unknown(),
      /** It is opened by its id, each time somebody asks. */
      sealed: z.boolean().default(false),
      redacted: z
        .object({ at: z.string(), by: z.string(), why: z.string(), contentHash: z.string() })
        .optional(),
    }),
  }),
  z.object({
    kind: z.literal("children"),
    payload: z.object({ children: z.array(EndedChild) }),
  }),
  z.object({
    kind: z.literal("person"),
    payload: z.object({ answer: z.unknown(), by: z.string(), at: z.string() }),
  }),
  z.object({
    kind: z.literal("approval"),
    payload: z.object({
      approval_id: z.string(),
      status: ApprovalStatus,
      arguments: z.record(z.string(), z.unknown()),
      reason: z.string().nullable(),
    }),
  }),
]);

/** Waits for the first of these, once per name; asked again, answers what was met. */
export async function wait(
  db: EngineDb,
  claim: Claim,
  name: string,
  options: readonly WaitOption[],
): Promise<WaitAnswer> {
  return WaitAnswer.parse(
    await callOne(
      db,
      sql`select engine.wait(${claim.tenantId}::uuid, ${claim.stepId}::uuid, ${claim.epoch}, ${name},
        ${JSON.stringify(options)}::jsonb) as value`,
    ),
  );
}
