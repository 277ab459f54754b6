export { FlagName, FLAGS, type Flag, type FlagStates } from "./flags.ts";
export { decideFlag, readSwitches, type FlagDecision, type FlagSourceName } from "./decide-flag.ts";
