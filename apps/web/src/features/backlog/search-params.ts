import type { BacklogItemView } from "@nofx/core/api";
import { ITEM_STATES } from "./item-state.ts";

export interface BacklogFilter {
  pack?: string;
  search?: string;
  state?: BacklogItemView["state"];
}

/** The filter in the address of the backlog page; what it cannot mean is left out. */
export function readBacklogFilter(read: (name: string) => string | undefined): BacklogFilter {
  const pack = read("pack");
  const search = read("q")?.slice(0, 200);
  const state = ITEM_STATES.find((one) => one === read("state"));
  return {
    ...(pack ? { pack } : {}),
    ...(search ? { search } : {}),
    ...(state ? { state } : {}),
  };
}
