import type { RouterOutputs } from "#server/root.ts";

/** A message of a run, as it comes over the wire. */
export type RunMessage = RouterOutputs["messages"]["ofRun"]["items"][number];
