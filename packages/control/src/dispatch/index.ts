export { chooseStrategy, type ChooseInput, type Dispatched } from "./choose-strategy.ts";
export { noteOutcome, type OutcomeOfChoice } from "./note-outcome.ts";
export { preferAgents } from "./prefer-agents.ts";
