import { z } from "zod";
import { ModelId, TokenClass } from "../model-router/index.ts";
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
