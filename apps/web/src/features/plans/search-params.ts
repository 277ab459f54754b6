import type { PlanSummary } from "@nofx/core/api";
import { PLAN_STATUS } from "@nofx/ui/tokens/status";

export const PLAN_STATUSES = Object.keys(PLAN_STATUS) as PlanSummary["status"][];

/** The filter in the address of the plans page. */
export function readPlansFilter(read: (name: string) => string | undefined): {
  status?: PlanSummary["status"];
} {
  const status = PLAN_STATUSES.find((one) => one === read("status"));
  return status === undefined ? {} : { status };
}
