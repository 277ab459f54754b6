import { toId } from "@nofx/core/vocabulary";
import { usdOfPico, type PicoUsd, type Route } from "@nofx/core/model-router";
import type { Tried } from "./run-attempts.ts";

/** What an answer says of the call that made it, beside the answer itself. */
export function callHeaders(told: {
  callId: string;
  route?: Pick<Route, "provider" | "model" | "region"> | undefined;
  policy?: string | undefined;
  decision?: string | undefined;
  tried: readonly Tried[];
  cache: "none" | "miss" | "exact" | "semantic";
  cost?: PicoUsd | undefined;
  degraded?: boolean | undefined;
}): Record<string, string> {
  const id = toId("modelCall", told.callId);
  const said: Record<string, string | undefined> = {
    "x-request-id": id,
    "nofx-call-id": id,
    "nofx-provider": told.route?.provider,
    "nofx-model": told.route?.model,
    "nofx-region": told.route?.region,
    "nofx-policy": told.policy,
    "nofx-decision": told.decision,
    "nofx-attempts": String(told.tried.length),
    "nofx-tried":
      told.tried.length === 0
        ? undefined
        : told.tried
            .map(({ route, code }) => `${route.provider}/${route.model}=${code}`)
            .join(", "),
    "nofx-cache": told.cache,
    "nofx-cost-usd": told.cost === undefined ? undefined : usdOfPico(told.cost),
    "nofx-degraded": told.degraded === true ? "true" : undefined,
  };
  return Object.fromEntries(
    Object.entries(said)
      .filter((entry): entry is [string, string] => entry[1] !== undefined)
      // a name that a header cannot carry is told by the body alone
      .map(([name, value]) => [name, value.replace(/[^\x20-\x7e]/g, "?")]),
  );
}
