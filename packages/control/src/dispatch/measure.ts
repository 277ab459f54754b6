import { MeasureDispatchInput, type DispatchMeasure } from "@nofx/core/api";
import { MeasuredChoice, measureLift, tellLift } from "@nofx/core/dispatch";
import { listMeasuredChoices } from "@nofx/db/queries";
import { z } from "zod";
import type { MemberContext } from "../command/context.ts";
import { runQuery } from "../command/run-command.ts";

const MOST = 20_000;
const Choices = z.array(MeasuredChoice);

/** What choosing on evidence brought beyond choosing at random, with an interval, as the hold-out shows it. */
export function measureDispatch(
  ctx: MemberContext,
  input: z.input<typeof MeasureDispatchInput>,
): Promise<DispatchMeasure> {
  return runQuery(ctx, MeasureDispatchInput, input, async (tx, { capability, days }) => {
    const rows = await listMeasuredChoices(tx.db, {
      tenantId: ctx.tenantId,
      capability,
      days,
      limit: MOST,
    });
    const lift = measureLift(Choices.parse(rows));
    return { ...lift, strategies: [...lift.strategies], days, words: tellLift(lift) };
  });
}
