import { ToolRunStatus } from "@nofx/core/vocabulary";
import { sql } from "kysely";
import { z } from "zod";
import { callOne } from "./call.ts";
import type { Claim, EngineDb } from "./engine-db.ts";
import { RequestedApproval } from "./request-approval.ts";

export interface ToolQuestion {
  readonly name: string;
  readonly tool: string;
  readonly version: string;
  readonly target: string | null;
  readonly question: string;
  readonly why: string;
  readonly arguments: Record<string, unknown>;
  readonly digest: string;
  readonly requester: string;
  readonly expires_ms: number;
}

/** Asks people about one use of a tool, once; undefined where that version is not the one that holds. */
export async function requestToolApproval(
  db: EngineDb,
  claim: Claim,
  ask: ToolQuestion,
): Promise<RequestedApproval | undefined> {
  const answer = await callOne(
    db,
    sql`select engine.request_tool_approval(${claim.tenantId}::uuid, ${claim.stepId}::uuid, ${claim.epoch},
      ${JSON.stringify(ask)}::jsonb) as value`,
  );
  return answer === null ? undefined : RequestedApproval.parse(answer);
}

const begun = {
  id: z.string(),
  status: ToolRunStatus,
  /** What it was begun with. */
  version: z.string(),
  digest: z.string(),
  grant_id: z.string().nullable(),
};
const BegunTool = z.discriminatedUnion("result", [
  z.object({ result: z.literal("begun"), ...begun }),
  z.object({
    result: z.literal("known"),
    ...begun,
    /** Of one that people edited: the digest of what they were asked about, and what they made of it. */
    asked: z.string().optional(),
    arguments: z.record(z.string(), z.unknown()).optional(),
  }),
  z.object({ result: z.literal("conflict") }),
  z.object({ result: z.literal("approval_required") }),
  z.object({ result: z.literal("stale") }),
  z.object({ result: z.literal("cancelled") }),
]);
export type BegunTool = z.infer<typeof BegunTool>;

/** Notes the intent to use a tool, using up the grant that it needs. */
export async function beginTool(
  db: EngineDb,
  claim: Claim,
  use: { name: string; tool: string; version: string; digest: string },
): Promise<BegunTool> {
  return BegunTool.parse(
    await callOne(
      db,
      sql`select engine.begin_tool(${claim.tenantId}::uuid, ${claim.stepId}::uuid, ${claim.epoch}, ${use.name}, ${use.tool},
        ${use.version}, ${use.digest}) as value`,
    ),
  );
}

const EndedTool = z.object({ id: z.string(), status: ToolRunStatus });

/** Notes how it ended; undefined where nothing of that name was begun. */
export async function endTool(
  db: EngineDb,
  claim: Claim,
  end: {
    name: string;
    status: "succeeded" | "failed";
    resultDigest: string | null;
    errorCode: string | null;
  },
): Promise<z.infer<typeof EndedTool> | undefined> {
  const answer = await callOne(
    db,
    sql`select engine.end_tool(${claim.tenantId}::uuid, ${claim.stepId}::uuid, ${claim.epoch}, ${end.name}, ${end.status},
      ${end.resultDigest}, ${end.errorCode}) as value`,
  );
  return answer === null ? undefined : EndedTool.parse(answer);
}
