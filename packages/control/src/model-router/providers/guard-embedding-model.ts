import type { EmbeddingModelV4, EmbeddingModelV4CallOptions } from "@ai-sdk/provider";
import { failureOf } from "./failure-of.ts";
import { said } from "./refusal-of.ts";
import { tokensTold } from "./wire-usage.ts";

/** As `guardModel`. More texts than the provider takes at once are sent in several requests, one after another. */
export function guardEmbeddingModel(model: EmbeddingModelV4): EmbeddingModelV4 {
  return {
    specificationVersion: "v4",
    provider: model.provider,
    modelId: model.modelId,
    maxEmbeddingsPerCall: undefined,
    supportsParallelCalls: model.supportsParallelCalls,
    async doEmbed(options) {
      try {
        return await embedAll(model, options);
      } catch (error) {
        throw failureOf(error, options.abortSignal);
      }
    },
  };
}

async function embedAll(model: EmbeddingModelV4, options: EmbeddingModelV4CallOptions) {
  const most = (await model.maxEmbeddingsPerCall) ?? options.values.length;
  const embeddings: number[][] = [];
  let tokens: number | undefined = 0;
  for (let from = 0; from < options.values.length; from += most) {
    const values = options.values.slice(from, from + most);
    const result = await model.doEmbed({ ...options, values });
    if (result.embeddings.length !== values.length) throw said("no_answer");
    embeddings.push(...result.embeddings);
    const told: number | undefined = tokensTold(result.usage?.tokens);
    tokens = told === undefined || tokens === undefined ? undefined : tokens + told;
  }
  return { embeddings, ...(tokens !== undefined && { usage: { tokens } }), warnings: [] };
}
