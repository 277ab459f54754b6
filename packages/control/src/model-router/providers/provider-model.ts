import type { ProviderEmbeddingModel, ProviderModel } from "./provider-route.ts";

const later = (): never => {
  throw new Error("being built");
};

export const providerModel: ProviderModel = later;
export const providerEmbeddingModel: ProviderEmbeddingModel = later;
