import { z } from "zod";
import { FlagName } from "../flags/index.ts";
import { storableText } from "../vocabulary/index.ts";
import { Timestamp } from "./paging.ts";

export const FlagView = z.object({
  name: FlagName,
  title: z.string(),
  description: z.string(),
  enabled: z.boolean(),
  byDefault: z.boolean(),
  source: z.enum(["environment", "tenant", "default"]).meta({
    description: "Who had the say; environment: the server's own, which no tenant can change",
  }),
  note: z.string().nullable().meta({ description: "Why it was switched the last time" }),
  updatedBy: z.string().nullable(),
  updatedAt: Timestamp.nullable(),
});
export type FlagView = z.infer<typeof FlagView>;

export const FlagChange = z.object({
  seq: z.int().meta({ description: "Of the entry in the audit log" }),
  flag: FlagName,
  enabled: z.boolean(),
  note: z.string(),
  by: z.string(),
  at: Timestamp,
});
export type FlagChange = z.infer<typeof FlagChange>;

export const FlagList = z.object({ flags: z.array(FlagView) });
export type FlagList = z.infer<typeof FlagList>;

export const FlagHistory = z.object({
  changes: z.array(FlagChange).meta({ description: "The newest hundred, from the audit log" }),
});
export type FlagHistory = z.infer<typeof FlagHistory>;

export const SetFlagInput = z.object({
  name: FlagName,
  enabled: z.boolean(),
  note: storableText(500, 1).meta({ description: "Why", example: "Freeze before the audit" }),
});
export type SetFlagInput = z.infer<typeof SetFlagInput>;
