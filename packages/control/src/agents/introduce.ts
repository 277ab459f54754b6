import type { IntroduceRequest, IntroduceResponse } from "@nofx/core/contract";
import { canonicalJson } from "@nofx/core/canonical";
import { NofxError } from "@nofx/core/errors";
import { AgentStatus, toId } from "@nofx/core/vocabulary";
import { introduceAgent as storeIntroduction } from "@nofx/db/queries";
import type { AgentContext } from "../command/context.ts";
import { inTransaction } from "../command/transaction.ts";

const MOST_OF_SCHEMAS = 512 * 1_024;

/**
 * Notes what the code of an agent is and can do. What it may be given is up to people: tasks that its entry does not list are named in
 * the answer and shown on its page, and that is all.
 */
export async function introduceAgent(
  ctx: AgentContext,
  request: IntroduceRequest,
): Promise<IntroduceResponse> {
  const { version, runtime, concurrency } = request;
  const names = request.tasks.map(({ capability }) => capability);
  const twice = names.find((name, index) => names.indexOf(name) !== index);
  if (twice !== undefined) {
    throw new NofxError("conflict", {
      detail: `Two tasks are named ${twice}: an agent has one for each capability.`,
    });
  }
  const tasks = canonicalJson(request.tasks);
  if (tasks.length > MOST_OF_SCHEMAS) {
    throw new NofxError("payload_too_large", {
      detail: `The schemas of all tasks have at most ${MOST_OF_SCHEMAS} bytes together.`,
      data: { limit: MOST_OF_SCHEMAS },
    });
  }
  const stored = await inTransaction(ctx, async (tx) => {
    const tasksSha256 = ctx.plane.sha256(tasks);
    const told = { tenantId: ctx.tenantId, version, runtime, concurrency, tasks, tasksSha256 };
    const introduced = await storeIntroduction(tx.db, told);
    if (!introduced.known) {
      tx.emit({ type: "agent.changed", payload: { agent_id: ctx.actor.id } });
      await tx.audit("agent.introduced", { agent_id: ctx.actor.id, version, tasks: tasksSha256 });
    }
    return introduced;
  });
  return {
    agentId: toId("agent", ctx.actor.id),
    name: ctx.name,
    status: AgentStatus.parse(stored.status),
    version,
    known: stored.known,
    maxConcurrency: stored.max_concurrency,
    notAllowed: names.filter((name) => !ctx.capabilities.includes(name)),
  };
}
