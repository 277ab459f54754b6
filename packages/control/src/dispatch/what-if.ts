import { WhatIfDispatchInput, type WhatIfDispatch } from "@nofx/core/api";
import type { z } from "zod";
import type { MemberContext } from "../command/context.ts";
import { runQuery } from "../command/run-command.ts";
import { decide } from "./choose-strategy.ts";
import { gatherEvidence } from "./gather-evidence.ts";
import { viewAgent } from "./view-decision.ts";

/** Which strategy such work would most likely get now, and why. Nothing is stored, and nothing is drawn by lot. */
export function whatIfDispatch(
  ctx: MemberContext,
  input: z.input<typeof WhatIfDispatchInput>,
): Promise<WhatIfDispatch> {
  return runQuery(ctx, WhatIfDispatchInput, input, async (tx, asked) => {
    const { deadlineSeconds: deadline, budgetUsd: budget, ...rest } = asked;
    const work = { ...rest, deadline, budget };
    const gathered = await gatherEvidence(tx.db, ctx.tenantId, work, { keep: false });
    const { choice, agents } = decide(work, gathered, ctx.plane.random, { likeliest: true });
    const { numbers, strategy, heldOut, reason } = choice;
    const { segment, level, probability, holdOut, successUsd, hourUsd, strategies } = numbers;
    return {
      capability: work.capability,
      segment,
      strategy,
      heldOut,
      level,
      probability,
      holdOut,
      successUsd,
      hourUsd,
      reason,
      strategies: [...strategies],
      agents: agents.map(viewAgent),
    };
  });
}
