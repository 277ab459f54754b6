import type { TokenRequest, TokenResponse } from "@nofx/core/contract";
import { NofxError } from "@nofx/core/errors";
import type { AgentContext } from "../command/context.ts";

/** A key for a short-lived token. */
export async function exchangeKey(
  _ctx: AgentContext,
  _request: TokenRequest,
): Promise<TokenResponse> {
  throw new NofxError("unavailable", { detail: "Tokens are not issued yet; send the key." });
}
