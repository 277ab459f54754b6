import { z } from "zod";
import { ModelCapability, ModelId, TokenClass } from "../model-router/index.ts";
import { storableText } from "../vocabulary/index.ts";
import { Timestamp } from "./paging.ts";

/** An exact decimal, in USD. */
export const Usd = z
  .string()
  .regex(/^\d+(\.\d+)?$/)
  .meta({ description: "USD, an exact decimal", example: "0.0075" });

export const ModelPriceView = z.object({
  effectiveFrom: Timestamp,
  aboveTokens: z
    .int()
    .meta({ description: "Holds for calls that are given more tokens than this" }),
  own: z.boolean().meta({ description: "The tenant's own, in place of ours" }),
  perMillionTokens: z.record(TokenClass, Usd.nullable()).meta({
    description: "A class without a price costs what its side does: input or output",
  }),
  source: z.string(),
});
export type ModelPriceView = z.infer<typeof ModelPriceView>;

export const ModelView = z.object({
  id: ModelId,
  provider: z.string(),
  title: z.string(),
  contextTokens: z.int().nullable(),
  available: z.boolean().meta({ description: "This server can ask it now" }),
  simulated: z.boolean().meta({ description: "Made up on this machine, without any model" }),
  routable: z.boolean().meta({ description: "The model endpoint can be asked for it now" }),
  enabled: z.boolean(),
  own: z.boolean().meta({ description: "The tenant has settings of its own for it" }),
  maxOutputTokens: z.int().nullable(),
  capabilities: z.array(ModelCapability),
  aliases: z.array(z.string()).meta({ description: "With * at the end: all that begin so" }),
  quality: z.number().nullable().meta({ description: "0 to 1; null: nobody has judged it" }),
  price: ModelPriceView.nullable().meta({ description: "In force now; null: nobody knows it" }),
});
export type ModelView = z.infer<typeof ModelView>;

export const ModelList = z.object({ models: z.array(ModelView) });
export type ModelList = z.infer<typeof ModelList>;

export const ListModelsInput = z.object({
  available: z.enum(["true", "false"]).default("true").meta({
    description: "false: also those that only have a price",
  }),
  search: storableText(100).optional().meta({ description: "Part of the id" }),
});

const quality = z.number().min(0).max(1).nullable();
const tokens = z.int().min(1).max(100_000_000).nullable();

export const SetModelInput = z.object({
  model: ModelId,
  title: storableText(200, 1).optional(),
  contextTokens: tokens.optional(),
  maxOutputTokens: tokens.optional(),
  capabilities: z.array(ModelCapability).min(1).max(7).optional(),
  aliases: z.array(storableText(200, 1)).max(20).optional(),
  quality: quality.optional().meta({ description: "0 to 1, as you judge it" }),
  enabled: z.boolean().optional(),
});
export type SetModelInput = z.infer<typeof SetModelInput>;

export const OneModel = z.object({ model: ModelId });

/** USD for a million tokens: a picodollar a token is the finest. */
const Rate = z
  .string()
  .regex(/^\d{1,6}(\.\d{1,6})?$/, "expected USD for a million tokens, with at most 6 decimals")
  .meta({ description: "USD for a million tokens", example: "0.25" });
export const PriceRates = z.object({
  input: Rate,
  output: Rate,
  cacheRead: Rate.nullable().default(null),
  cacheWrite: Rate.nullable().default(null),
  reasoning: Rate.nullable().default(null),
});
export type PriceRates = z.infer<typeof PriceRates>;

const note = storableText(500, 1).meta({ description: "Why", example: "Contract of November" });
const effectiveFrom = Timestamp.optional().meta({
  description: "Now, where it is absent; never in the past: what was called has its price",
});

export const SetPriceInput = z.object({
  model: ModelId,
  effectiveFrom,
  perMillionTokens: PriceRates,
  tiers: z
    .array(z.object({ aboveTokens: z.int().min(1).max(100_000_000), perMillionTokens: PriceRates }))
    .max(10)
    .default([])
    .refine(
      (tiers) => new Set(tiers.map(({ aboveTokens }) => aboveTokens)).size === tiers.length,
      "each tier once",
    )
    .meta({ description: "For calls that are given more tokens than this" }),
  note,
});
export type SetPriceInput = z.infer<typeof SetPriceInput>;

export const WithdrawPriceInput = z.object({ model: ModelId, effectiveFrom, note });

export const PriceRecordView = ModelPriceView.extend({
  withdrawn: z.boolean().meta({ description: "From then on the product's price holds again" }),
  revision: z.int(),
  replaced: z.boolean().meta({ description: "There is a later revision for the same start" }),
  inForce: z.boolean(),
  note: z.string().nullable(),
  createdBy: z.string().nullable(),
  createdAt: Timestamp,
});
export type PriceRecordView = z.infer<typeof PriceRecordView>;
export const PriceHistory = z.object({
  model: ModelId,
  prices: z.array(PriceRecordView).meta({ description: "The newest start first" }),
});
export type PriceHistory = z.infer<typeof PriceHistory>;
