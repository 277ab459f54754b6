import type { Candidate } from "./candidate.ts";
import type { Decision } from "./decision.ts";
import type { RouteRequest } from "./route-request.ts";
import type { PreparedPolicy } from "./routing-policy.ts";

/** Chooses a candidate for a request, with reasons. Pure: the same input, the same decision. */
export function decide(
  _request: RouteRequest,
  _policy: PreparedPolicy,
  _candidates: readonly Candidate[],
  _now: number,
): Decision {
  throw new Error("not there yet");
}
