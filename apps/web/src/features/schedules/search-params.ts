import type { ScheduleView } from "@nofx/core/api";

type Read = (name: string) => string | undefined;

export const STATUSES: readonly ScheduleView["status"][] = ["active", "paused"];

export interface SchedulesFilter {
  status?: ScheduleView["status"];
  search?: string;
}

/** The filter in the address of the page. */
export function readSchedulesFilter(read: Read): SchedulesFilter {
  const status = STATUSES.find((one) => one === read("status"));
  const search = read("q")?.trim().slice(0, 128);
  return {
    ...(status === undefined ? {} : { status }),
    ...(search === undefined || search === "" ? {} : { search }),
  };
}

export function isFiltered(filter: SchedulesFilter): boolean {
  return filter.status !== undefined || filter.search !== undefined;
}
