import { z } from "zod";

export const ScheduleStatus = z.enum(["active", "paused"]);
export type ScheduleStatus = z.infer<typeof ScheduleStatus>;

/** What becomes of an instant while the run before is unfinished. */
export const OverlapPolicy = z.enum(["allow", "skip"]);
export type OverlapPolicy = z.infer<typeof OverlapPolicy>;

/** What becomes of instants that no scheduler was there for. */
export const MissedPolicy = z.enum(["skip", "catch_up"]);
export type MissedPolicy = z.infer<typeof MissedPolicy>;

/** What became of an instant of a schedule. */
export const FiringOutcome = z.enum(["fired", "skipped_overlap", "missed", "failed"]);
export type FiringOutcome = z.infer<typeof FiringOutcome>;

export const MAX_CATCH_UP = 100;
