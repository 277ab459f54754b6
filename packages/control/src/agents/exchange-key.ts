import { TOKEN_SECONDS, type TokenRequest, type TokenResponse } from "@nofx/core/contract";
import { NofxError } from "@nofx/core/errors";
import type { AgentContext } from "../command/context.ts";
import { requireScope } from "./authenticate.ts";

/** A key for a token: of its scopes or fewer, over when the key is. A token is not exchanged: who stole one has minutes. */
export async function exchangeKey(
  ctx: AgentContext,
  request: TokenRequest,
): Promise<TokenResponse> {
  if (ctx.by === "token") {
    throw new NofxError("unauthenticated", {
      detail: "Tokens are exchanged for keys only: send the agent's key.",
    });
  }
  const wanted = request.scopes ?? ctx.scopes;
  for (const scope of wanted) requireScope(ctx, scope);
  const scopes = [...new Set(wanted)];
  const now = ctx.plane.clock.date().getTime();
  const end = now + (request.seconds ?? TOKEN_SECONDS) * 1_000;
  const expiresAt = Math.floor(Math.min(end, ctx.expiresAt ?? end) / 1_000) * 1_000;
  const { keyId } = ctx;
  const token = await ctx.plane.agentTokens.sign({
    agentId: ctx.actor.id,
    keyId,
    scopes,
    expiresAt,
  });
  return { token, expiresAt: new Date(expiresAt).toISOString(), scopes };
}
