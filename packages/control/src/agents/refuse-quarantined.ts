import type { AgentRouteName } from "@nofx/core/contract";
import { NofxError } from "@nofx/core/errors";
import type { AgentContext } from "../command/context.ts";

/** What an agent may still ask whom people have quarantined: who it is, and whether that has ended. */
const STILL: readonly AgentRouteName[] = ["whoAmI", "token", "claim"];

/** Refuses all else of an agent that people have quarantined, saying why. One that its breaker quarantined ends what it holds. */
export function refuseQuarantined(ctx: AgentContext, route: AgentRouteName): void {
  if (ctx.status !== "quarantined" || ctx.statusBy === "breaker" || STILL.includes(route)) return;
  const why = ctx.statusReason === null ? "" : ` (${ctx.statusReason})`;
  throw new NofxError("forbidden", {
    detail: `The agent ${ctx.name} is quarantined${why}: a supervisor can resume it, npx nofx agents resume ${ctx.name}`,
    data: { status: ctx.status },
  });
}
