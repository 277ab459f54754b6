export { oddsOfSuccess, type Tries } from "./odds.ts";
export { NO_SAMPLES, predict, samplesOf, type Samples } from "./predict.ts";
export { exactly, rounded, scaled, type Range } from "./range.ts";
export { scoreEstimates, type EstimateScore, type Outcome } from "./score.ts";
