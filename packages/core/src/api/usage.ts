import { z } from "zod";
import { Usd } from "./models.ts";
import { AgentId, RunId } from "../vocabulary/index.ts";
import { Timestamp } from "./paging.ts";

export const UsageDimension = z.enum(["tenant", "run", "step", "agent", "model", "day"]);
export type UsageDimension = z.infer<typeof UsageDimension>;

const day = z.iso.date().meta({ description: "By the tenant's time zone", example: "2026-11-21" });

export const UsageInput = z
  .object({
    by: UsageDimension.default("day"),
    from: day.optional().meta({ description: "30 days ago, where nothing is said" }),
    to: day.optional().meta({ description: "That day is in it; today, where nothing is said" }),
    runId: RunId.optional(),
    agentId: AgentId.optional(),
    model: z.string().min(3).max(300).optional(),
    limit: z.coerce.number().int().min(1).max(1_000).default(100),
  })
  .refine(({ from, to }) => from === undefined || to === undefined || from <= to, {
    message: "is before from",
    path: ["to"],
  });
export type UsageInput = z.infer<typeof UsageInput>;

const UsageSums = z.object({
  calls: z.int().meta({ description: "Attempts at providers, and answers that were kept" }),
  failed: z.int(),
  cached: z.int().meta({ description: "Answered without asking a provider" }),
  inputTokens: z.int(),
  cacheReadTokens: z.int(),
  cacheWriteTokens: z.int(),
  outputTokens: z.int(),
  reasoningTokens: z.int(),
  costUsd: Usd.meta({ description: "The exact sum of what is known" }),
  unpriced: z
    .int()
    .meta({ description: "Attempts whose cost nobody knows: they are not in the sum" }),
});
export type UsageSums = z.infer<typeof UsageSums>;

export const UsageRow = UsageSums.extend({
  key: z
    .string()
    .nullable()
    .meta({ description: "An id with its prefix, a model, a day; null: of none" }),
  name: z.string().nullable(),
});
export type UsageRow = z.infer<typeof UsageRow>;

export const UsageView = z.object({
  by: UsageDimension,
  timeZone: z.string(),
  from: Timestamp,
  to: Timestamp.meta({ description: "Not in it" }),
  rows: z.array(UsageRow).meta({ description: "What cost most first; days in their order" }),
  rest: UsageSums.meta({ description: "What the limit cut off" }),
  total: UsageSums.meta({ description: "To the picodollar the sum of rows and rest" }),
  counted: z.object({ calls: z.int(), tokens: z.int(), costUsd: Usd }).nullable().meta({
    description: "The same time by the counters that budgets and gates go by; null beside a filter",
  }),
  daily: z
    .array(z.object({ day: z.string(), model: z.string(), costUsd: Usd }))
    .meta({ description: "Of `day`: what each model cost on it" }),
});
export type UsageView = z.infer<typeof UsageView>;
