import { z } from "zod";

const Text = z
  .string({ error: "expected a text or a list of texts: tokens are not taken" })
  .min(1, "an empty text has no embedding");

/** What `POST /v1/embeddings` takes. */
export const EmbeddingRequest = z.looseObject({
  model: z.string().min(1).max(200),
  input: z.union([Text, z.array(Text).min(1).max(2_048)]),
  encoding_format: z.enum(["float", "base64"]).nullish(),
  dimensions: z.int().min(1).max(65_536).nullish(),
  user: z.string().nullish(),
});
export type EmbeddingRequest = z.infer<typeof EmbeddingRequest>;

export const EmbeddingList = z.object({
  object: z.literal("list"),
  data: z.array(
    z.object({
      object: z.literal("embedding"),
      index: z.int(),
      /** Base64 of 32-bit floats, the lowest byte first, where that was asked for. */
      embedding: z.union([z.array(z.number()), z.string()]),
    }),
  ),
  model: z.string(),
  usage: z.object({ prompt_tokens: z.int(), total_tokens: z.int() }),
});
export type EmbeddingList = z.infer<typeof EmbeddingList>;
