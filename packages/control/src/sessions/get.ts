import { AgentSessionDetails } from "@nofx/core/api";
import { NofxError } from "@nofx/core/errors";
import { SessionId, toId, toUuid } from "@nofx/core/vocabulary";
import { findSession, listEngagements, listVerdicts } from "@nofx/db/queries";
import { z } from "zod";
import type { MemberContext } from "../command/context.ts";
import { runQuery } from "../command/run-command.ts";
import { agentNamed, viewSession } from "./view.ts";

const Input = z.object({ sessionId: SessionId });

/** One session, with what its reviewers said and who worked in it. */
export function getSession(
  ctx: MemberContext,
  input: z.input<typeof Input>,
): Promise<AgentSessionDetails> {
  return runQuery(ctx, Input, input, async (tx, { sessionId }) => {
    const id = toUuid("session", sessionId);
    const row = await findSession(tx.db, ctx.tenantId, id);
    if (row === undefined) {
      throw new NofxError("not_found", { detail: "There is no such session in this tenant." });
    }
    const verdicts = await listVerdicts(tx.db, id, row.run_id);
    const engagements = await listEngagements(tx.db, id, row.run_id);
    return AgentSessionDetails.parse({
      ...viewSession(row),
      verdicts: verdicts.map(({ round, verdict, score, feedback, at, ...by }) => ({
        round,
        verdict,
        score,
        feedback,
        doer: agentNamed(by.doer_agent, by.doer_name),
        reviewer: agentNamed(by.reviewer_agent, by.reviewer_name),
        independent: by.doer_agent !== by.reviewer_agent,
        at: at.toISOString(),
      })),
      engagements: engagements.map((one) => ({
        stepId: toId("step", one.step_id),
        agent: agentNamed(one.agent_id, one.agent_name),
        role: one.role,
        outcome: one.outcome,
        startedAt: one.started_at.toISOString(),
        endedAt: one.ended_at.toISOString(),
      })),
    });
  });
}
