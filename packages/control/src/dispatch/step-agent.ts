import { StepAgentInput, type DispatchDecisionView, type StepAgentView } from "@nofx/core/api";
import { NofxError } from "@nofx/core/errors";
import { toId, toUuid } from "@nofx/core/vocabulary";
import { loadDispatchDecision, loadStepAgent } from "@nofx/db/queries";
import { z } from "zod";
import type { MemberContext } from "../command/context.ts";
import { runQuery } from "../command/run-command.ts";
import { viewDecision } from "./view-decision.ts";

const Uuid = z.guid();
const FIRST_FREE =
  "The first agent of the capability that had a slot: no choice left the step to one.";

/** For which agent a step was meant, who took it, and why. */
export function explainStepAgent(
  ctx: MemberContext,
  input: z.input<typeof StepAgentInput>,
): Promise<StepAgentView> {
  return runQuery(ctx, StepAgentInput, input, async (tx, { stepId }) => {
    const { tenantId } = ctx;
    const row = await loadStepAgent(tx.db, { tenantId, stepId: toUuid("step", stepId) });
    if (row === undefined) throw new NofxError("not_found", { detail: `There is no ${stepId}.` });
    const found =
      row.decision_id === null
        ? undefined
        : await loadDispatchDecision(tx.db, { tenantId, id: row.decision_id });
    const decision = found === undefined ? null : viewDecision(found);
    const meant = row.preferred_agent_id;
    return {
      stepId: toId("step", toUuid("step", stepId)),
      capability: row.capability,
      preferred:
        meant === null
          ? null
          : {
              agentId: toId("agent", meant),
              name: row.preferred_name ?? "?",
              until: row.preferred_until?.toISOString() ?? null,
              why: whyOf(decision, toId("agent", meant)),
            },
      attempts: row.attempts.map(({ executor, name, claimed_at: claimedAt }) => {
        const agentId = Uuid.safeParse(executor).success ? toId("agent", executor) : null;
        const how = meant === null ? "queue" : meant === executor ? "preferred" : "stolen";
        return {
          agentId,
          name: name ?? executor,
          claimedAt,
          how,
          why: tellHow(how, row.preferred_name ?? "?", decision, agentId),
        };
      }),
      decision,
    };
  });
}

function tellHow(
  how: "preferred" | "stolen" | "queue",
  preferred: string,
  decision: DispatchDecisionView | null,
  agentId: string | null,
): string {
  if (how === "queue") return FIRST_FREE;
  if (how === "stolen") return `It was left to ${preferred}, who did not take it in its time.`;
  return `It was left to ${preferred}: ${whyOf(decision, agentId)}.`;
}

function whyOf(decision: DispatchDecisionView | null, agentId: string | null): string {
  const chosen = decision?.agents.find((agent) => agent.agentId === agentId);
  if (chosen === undefined) return "whoever added it asked for this agent";
  const percent = Math.round(chosen.weight * 100);
  return `${chosen.why}; ${percent} of 100 draws began with it`;
}
