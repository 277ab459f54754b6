import { z } from "zod";

/** Every flag there is. Each path rolls out alone: none implies another. */
export const FlagName = z.enum(["FEATURE_AUTO_PLANNER", "FEATURE_PLANNER_EXECUTE"]);
export type FlagName = z.infer<typeof FlagName>;

export interface Flag {
  readonly title: string;
  readonly description: string;
  /** What holds where nobody has said anything. */
  readonly byDefault: boolean;
  /** What is refused while it is off, as a refusal says it. */
  readonly whenOff: string;
}

/** What each flag opens. Total: a new flag without words does not compile. */
export const FLAGS: Record<FlagName, Flag> = {
  FEATURE_AUTO_PLANNER: {
    title: "Plan from the backlog",
    description: "New plans are made from backlog items. Plans that are there stay and can be run.",
    byDefault: true,
    whenOff: "Making plans is switched off in this tenant.",
  },
  FEATURE_PLANNER_EXECUTE: {
    title: "Execute plans",
    description: "Approved plans are started. Plans can still be made; runs that have begun go on.",
    byDefault: true,
    whenOff: "Executing plans is switched off in this tenant.",
  },
};

/** What a source knows of a tenant's flags; what it does not know is absent. */
export type FlagStates = Readonly<Partial<Record<FlagName, boolean>>>;
