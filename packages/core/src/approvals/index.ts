export {
  countedVotes,
  decide,
  type CastVote,
  type OpenApproval,
  type Outcome,
  type Vote,
  type Voter,
} from "./decide.ts";
export { hidesSomething, markHidden } from "./mark-hidden.ts";
export { groupsOf, isWeaker, readRule } from "./rule.ts";
export { tally, type Tally } from "./tally.ts";
