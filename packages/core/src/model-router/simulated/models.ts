/** How a simulated model behaves. */
export interface SimulatedModel {
  readonly name: string;
  readonly title: string;
  /** How it plans, when it is asked for a plan. */
  readonly planner: "careful" | "hasty" | "broken";
  /** Until the first token, at the median. */
  readonly latencyMs: number;
  readonly tokensPerSecond: number;
  /** The share of calls that it answers with an error. */
  readonly errorRate: number;
}

/** The models of the provider `simulated`: for trying things out offline, never in place of a model that was asked for. */
export const SIMULATED_MODELS: readonly SimulatedModel[] = [
  {
    name: "careful",
    title: "Keeps to what it is told, and orders well",
    planner: "careful",
    latencyMs: 400,
    tokensPerSecond: 2_000,
    errorRate: 0,
  },
  {
    name: "hasty",
    title: "Quick and cheap; its plans need mending",
    planner: "hasty",
    latencyMs: 80,
    tokensPerSecond: 8_000,
    errorRate: 0,
  },
  {
    name: "broken",
    title: "Answers with half of a document, or with a loop",
    planner: "broken",
    latencyMs: 150,
    tokensPerSecond: 4_000,
    errorRate: 0,
  },
  {
    name: "flaky",
    title: "As careful, but every other call fails",
    planner: "careful",
    latencyMs: 200,
    tokensPerSecond: 2_000,
    errorRate: 0.5,
  },
];
