export type {
  ChoiceNumbers,
  ChosenAgent,
  EvidenceLevel,
  StrategyChoice,
  StrategyNumbers,
  Work,
} from "./choice.ts";
export { chooseStrategy, type Evidence } from "./choose-strategy.ts";
export { learn, type StrategyOutcome } from "./learn.ts";
export { segmentOf, type Segment } from "./segment.ts";
export { DispatchSettings } from "./settings.ts";
export { Level, NO_LEVEL } from "./statistics.ts";
export { utilityOf, weightsOf } from "./utility.ts";
