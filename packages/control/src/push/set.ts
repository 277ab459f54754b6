import { SetAgentEndpointInput, type SetAgentEndpoint } from "@nofx/core/api";
import { putAgentEndpoint } from "@nofx/db/queries";
import type { z } from "zod";
import { digestAgentKey, newAgentKey } from "../agents/agent-key.ts";
import { findAgent } from "../agents/find-agent.ts";
import type { MemberContext } from "../command/context.ts";
import { runCommand } from "../command/run-command.ts";
import { callable } from "../webhooks/callable.ts";
import { newWebhookSecret } from "../webhooks/secret.ts";
import { readEndpoint } from "./view.ts";

/**
 * Has the steps of an agent posted to an address, signed, in place of waiting for it to ask. The secret is shown in this
 * answer and never again.
 */
export async function setAgentEndpoint(
  ctx: MemberContext,
  input: z.input<typeof SetAgentEndpointInput>,
): Promise<SetAgentEndpoint> {
  const secret = newWebhookSecret();
  const spec = {
    name: "agents.setEndpoint",
    permission: "agent.manage",
    input: SetAgentEndpointInput,
  } as const;
  const { endpoint, created } = await runCommand(ctx, spec, input, async (tx, asked) => {
    const agentId = await findAgent(tx.db, ctx.tenantId, asked.agentId);
    const url = callable(ctx, asked.url);
    const { maxConcurrency, timeoutSeconds } = asked;
    const change = { agentId, maxConcurrency, timeoutSeconds, url: asked.url };
    const put = await putAgentEndpoint(
      tx.db,
      {
        ...change,
        tenantId: ctx.tenantId,
        createdBy: ctx.actor.id,
        // of a key that nobody was ever shown
        keySha256: digestAgentKey(newAgentKey()),
      },
      secret,
    );
    await tx.audit("agent_endpoint.set", { agent_id: agentId, host: url.host, maxConcurrency });
    return { endpoint: await readEndpoint(ctx, tx, agentId), created: put.created };
  });
  return { endpoint, secret: ctx.replayed || !created ? null : secret };
}
