import type { SetBudgetInput } from "@nofx/core/api";
import { NofxError } from "@nofx/core/errors";
import { AgentId, RunId, StepId, StepName, toUuid } from "@nofx/core/vocabulary";
import { findAgent } from "@nofx/db/queries";
import type { MemberContext } from "../command/context.ts";
import type { CommandTransaction } from "../command/transaction.ts";

/** Whom a budget is of, as it is stored; null: each on its own. */
export async function subjectOf(
  ctx: MemberContext,
  tx: CommandTransaction,
  { scope, subject }: Pick<SetBudgetInput, "scope" | "subject">,
): Promise<string | null> {
  if (subject === undefined) return null;
  switch (scope) {
    case "run":
      if (!RunId.safeParse(subject).success) throw refuse("expected the id of a run");
      return toUuid("run", subject);
    case "step":
      if (!StepId.safeParse(subject).success) throw refuse("expected the id of a step");
      return toUuid("step", subject);
    case "agent": {
      const by = AgentId.safeParse(subject).success
        ? { id: toUuid("agent", subject) }
        : { name: subject };
      const agent = await findAgent(tx.db, ctx.tenantId, by);
      if (agent === undefined) throw refuse("there is no agent of that id or name in this tenant");
      return agent.id;
    }
    case "team":
      if (!StepName.safeParse(subject).success) throw refuse("expected the name of a team");
      return subject;
    case "model":
    case "tenant":
      return subject;
  }
}

function refuse(message: string): NofxError {
  return new NofxError("invalid_input", { issues: [{ path: "/subject", message }] });
}
