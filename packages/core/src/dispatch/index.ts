export type {
  ChoiceNumbers,
  ChosenAgent,
  EvidenceLevel,
  StrategyChoice,
  StrategyNumbers,
  Work,
} from "./choice.ts";
export { chooseAgents, type AgentCandidate } from "./choose-agents.ts";
export { chooseStrategy, type Evidence } from "./choose-strategy.ts";
export { learn, type StrategyOutcome } from "./learn.ts";
export { learnAll, readLevels, TENANT_KEY, type Levels, type PlacedOutcome } from "./learn-all.ts";
export {
  MeasuredChoice,
  measureLift,
  type Lift,
  type LiftVerdict,
  type StrategyMeasure,
} from "./measure-lift.ts";
export { segmentOf, type Segment } from "./segment.ts";
export { DispatchSettings } from "./settings.ts";
export { Level, NO_LEVEL } from "./statistics.ts";
export { tellLift } from "./tell-lift.ts";
export { utilityOf, weightsOf, type Weights } from "./utility.ts";
