import type { BudgetUse, BudgetView } from "@nofx/core/api";
import { Progress } from "@nofx/ui/primitives/progress";
import { meterTone, sayAmount } from "./say-budget.ts";

/** How much of a window is used, and how much more of it is reserved. */
export function BudgetMeter({
  budget: { measure, name },
  use,
}: {
  budget: Pick<BudgetView, "measure" | "name">;
  use: BudgetUse;
}) {
  const limit = Number(use.limit);
  const used = Math.min(Number(use.used), limit);
  const reserved = Math.min(Number(use.reserved), limit - used);
  return (
    <div className="flex min-w-36 flex-col gap-1">
      <Progress
        label={`Used of ${name}`}
        total={limit}
        parts={[
          { label: "used", value: used, tone: meterTone(use) },
          { label: "reserved", value: reserved, tone: "active" },
        ]}
      />
      <span className="text-xs text-soft tabular-nums">
        {sayAmount(measure, use.used)} of {sayAmount(measure, use.limit)}
        {Number(use.reserved) > 0 && <>, {sayAmount(measure, use.reserved)} reserved</>}
      </span>
    </div>
  );
}
