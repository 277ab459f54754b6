export {
  afterOutcome,
  AGENT_BREAKER,
  AgentBreaker,
  CLOSED,
  type BreakerOptions,
  type Outcome,
} from "./breaker.ts";
export { cardOf, readCard, AgentCard, type CardSubject, type ReadCard } from "./agent-card.ts";
export {
  believe,
  keepSample,
  measure,
  RECENT,
  Sample,
  type Believed,
  type Declared,
  type Measured,
} from "./evidence.ts";
export {
  foldEvidence,
  type AgentChange,
  type EndedAttempt,
  type EvidenceChange,
  type JudgedAgent,
  type KnownCapability,
} from "./fold-evidence.ts";
