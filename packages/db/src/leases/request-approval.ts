import { ApprovalStatus } from "@nofx/core/vocabulary";
import { sql } from "kysely";
import { z } from "zod";
import { callOne } from "./call.ts";
import type { Claim, EngineDb } from "./engine-db.ts";

export interface ApprovalQuestion {
  readonly name: string;
  readonly title: string;
  readonly question: string;
  readonly why: string;
  readonly arguments: Record<string, unknown>;
  readonly argumentsDigest: string;
  /** The name people read as the asker. */
  readonly requester: string;
  readonly expiresMs: number;
  /** JSON Schema of what the approver may edit; nothing, where there is none. */
  readonly schema?: Record<string, unknown> | undefined;
  /** Who has to say yes, beyond what the tenant asks for. */
  readonly rule?: Record<string, unknown> | undefined;
}

export const RequestedApproval = z.object({
  name: z.string(),
  approval_id: z.string(),
  status: ApprovalStatus,
  reason: z.string().nullable(),
  /** What runs: as it was asked, or as the approver edited it. */
  arguments: z.record(z.string(), z.unknown()),
  edited: z.boolean().default(false),
  /** The step was put on hold and its lease ended: the executor stops without settling. */
  held: z.boolean(),
});
export type RequestedApproval = z.infer<typeof RequestedApproval>;

/** Asks people once per name; asked again, answers what became of it. */
export async function requestApproval(
  db: EngineDb,
  claim: Claim,
  ask: ApprovalQuestion,
): Promise<RequestedApproval> {
  return RequestedApproval.parse(
    await callOne(
      db,
      sql`select engine.request_approval(${claim.tenantId}::uuid, ${claim.stepId}::uuid, ${claim.epoch},
        ${ask.name}, ${ask.title}, ${ask.question}, ${ask.why}, ${JSON.stringify(ask.arguments)}::jsonb,
        ${ask.argumentsDigest}, ${ask.requester}, ${ask.expiresMs},
        ${JSON.stringify({ schema: ask.schema, rule: ask.rule })}::jsonb) as value`,
    ),
  );
}
