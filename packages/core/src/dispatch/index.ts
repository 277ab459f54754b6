export type {
  ChoiceNumbers,
  ChosenAgent,
  EvidenceLevel,
  StrategyChoice,
  StrategyNumbers,
  Work,
} from "./choice.ts";
export { DispatchSettings } from "./settings.ts";
