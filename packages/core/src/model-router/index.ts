export { ModelCapability, ModelId, splitModelId } from "./model-id.ts";
export { picoOfUsd, usdOfPico, type PicoUsd } from "./money.ts";
export { costOf, priceInForce, type DatedPrice, type Price } from "./prices.ts";
export { SIMULATED_MODELS, type SimulatedModel } from "./simulated/models.ts";
export { simulate, tokensIn, type SimulatedOutcome } from "./simulated/simulate.ts";
export { inputTokens, NO_USAGE, outputTokens, TokenClass, Usage } from "./usage.ts";
