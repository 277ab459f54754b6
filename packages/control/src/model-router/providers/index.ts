export { ProviderFailure, type ProviderFailureCode } from "./provider-failure.ts";
export { providerEmbeddingModel, providerModel } from "./provider-model.ts";
export type { ProviderDeps, ProviderRoute, WireKind } from "./provider-route.ts";
