export { ProviderFailure, type ProviderFailureCode } from "./provider-failure.ts";
export { providerEmbeddingModel, providerModel } from "./provider-model.ts";
export {
  createProviderNetwork,
  type ProviderNetwork,
  type ProviderNetworkOptions,
} from "./provider-network.ts";
export type { ProviderDeps, ProviderRoute } from "./provider-route.ts";
