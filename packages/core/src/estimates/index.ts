export {
  estimateStep,
  NOTHING_MEASURED,
  type Estimate,
  type EstimatedStep,
  type Measured,
} from "./estimate-step.ts";
export { oddsOfAll, oddsOfSuccess, type Tries } from "./odds.ts";
export { NO_SAMPLES, predict, samplesOf, type Samples } from "./predict.ts";
export { exactly, rounded, scaled, type Range } from "./range.ts";
export { scoreEstimates, type EstimateScore, type Outcome } from "./score.ts";
export { wilson } from "./wilson.ts";
