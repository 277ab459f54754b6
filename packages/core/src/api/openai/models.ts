import { z } from "zod";

/** A model as `GET /v1/models` lists it. */
export const OpenAiModel = z.object({
  id: z.string(),
  object: z.literal("model"),
  /** In seconds. */
  created: z.int(),
  owned_by: z.string(),
});
export type OpenAiModel = z.infer<typeof OpenAiModel>;

export const OpenAiModelList = z.object({
  object: z.literal("list"),
  data: z.array(OpenAiModel),
});
export type OpenAiModelList = z.infer<typeof OpenAiModelList>;
