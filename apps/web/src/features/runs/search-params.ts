import type { RunSummary } from "@nofx/core/api";
import { RUN_STATUS } from "@nofx/ui/tokens/status";

export const RUN_STATUSES = Object.keys(RUN_STATUS) as RunSummary["status"][];

/** The filter in the address of the runs page. */
export function readRunsFilter(read: (name: string) => string | undefined): {
  status?: RunSummary["status"];
  type?: "plan" | "task";
} {
  const status = RUN_STATUSES.find((one) => one === read("status"));
  const type = (["plan", "task"] as const).find((one) => one === read("type"));
  return { ...(status === undefined ? {} : { status }), ...(type === undefined ? {} : { type }) };
}

const TABS = ["graph", "timeline", "table", "hierarchy", "messages"] as const;
export type RunTab = (typeof TABS)[number];

export function readRunTab(read: (name: string) => string | undefined): RunTab {
  return TABS.find((tab) => tab === read("view")) ?? "graph";
}
