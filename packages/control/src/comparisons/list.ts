import {
  ComparisonPage,
  ListComparisonsInput,
  OneComparison,
  type ComparisonView,
} from "@nofx/core/api";
import { listComparisons as list } from "@nofx/db/queries";
import type { z } from "zod";
import type { MemberContext } from "../command/context.ts";
import { runQuery } from "../command/run-command.ts";
import { toComparisonSummary, viewComparison } from "./view.ts";

export function listComparisons(
  ctx: MemberContext,
  input: z.input<typeof ListComparisonsInput>,
): Promise<z.infer<typeof ComparisonPage>> {
  return runQuery(ctx, ListComparisonsInput, input, async (tx, filter) => {
    const page = await list(tx.db, { tenantId: ctx.tenantId, ...filter });
    return ComparisonPage.parse({
      ...page,
      total: null,
      items: page.items.map(toComparisonSummary),
    });
  });
}

/** One comparison: every model's outcome, time, tokens and cost, and how its plan differs from ours. */
export function getComparison(
  ctx: MemberContext,
  input: z.input<typeof OneComparison>,
): Promise<ComparisonView> {
  return runQuery(ctx, OneComparison, input, (tx, { comparisonId }) =>
    viewComparison(ctx, tx, comparisonId),
  );
}
