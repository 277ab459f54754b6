export { chooseStrategy, type ChooseInput, type Dispatched } from "./choose-strategy.ts";
export { listDecisions } from "./list-decisions.ts";
export { measureDispatch } from "./measure.ts";
export { noteOutcome, type OutcomeOfChoice } from "./note-outcome.ts";
export { preferAgents } from "./prefer-agents.ts";
export { getDispatchSettings, setDispatchSettings } from "./settings.ts";
export { explainStepAgent } from "./step-agent.ts";
export { whatIfDispatch } from "./what-if.ts";
