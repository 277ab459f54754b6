/** Types of CEL that variables of conditions have. `Step`, `Tool` and `Range` are listed below. */
export type VariableType =
  | "bool"
  | "int"
  | "double"
  | "string"
  | "list<string>"
  | "list<Step>"
  | "map<string, double>"
  | "map<string, dyn>"
  | "map<string, Tool>"
  | "Forecast"
  | "Range";

export interface Variable {
  readonly name: string;
  readonly type: VariableType;
  readonly means: string;
}

const v = (name: string, type: VariableType, means: string): Variable => ({ name, type, means });

/** What a condition may read, type by type. Compiler, editor and docs/gates.md are made from this. */
export const CONDITION_TYPES = {
  Step: [
    v("name", "string", "Name of the step"),
    v("item", "string", "Key of the backlog item it comes from"),
    v("title", "string", "Title"),
    v("kind", "string", "shell, http, agent, session, wait or approval"),
    v("executor", "string", "worker or agent"),
    v("capability", "string", 'What an agent must be able to do; "" for other kinds'),
    v("queue", "string", "Queue that it waits in"),
    v("needs", "list<string>", "Names of the steps before it"),
    v("dependants", "int", "How many steps need it directly"),
    v("priority", "int", "1 is the most urgent, 5 the least"),
    v("position", "int", "Place in the plan's order, from 0"),
    v("sensitive", "bool", "Whether people approve its exact arguments before it runs"),
    v("risk", "list<string>", "irreversible, production, secrets, external"),
    v("labels", "list<string>", "Labels of its item"),
    v("owner", "string", 'Who answers for it; "" when nobody'),
    v("undoable", "bool", "Whether something takes its effect back"),
    v("pivot", "bool", "Whether it is a point of no return"),
    v("maxFailures", "int", "How many failed attempts end it"),
    v("deadlineSeconds", "int", "No retry begins later than this after the first attempt"),
    v("tools", "list<string>", "Names of the tools that an agent step may use"),
    v("with", "map<string, dyn>", "Its arguments; guard what may be absent by has(step.with.x)"),
  ],
  Plan: [
    v("title", "string", "Title of the plan"),
    v("pack", "string", "Pack that it plans"),
    v("version", "int", "Version of the plan"),
    v("stepCount", "int", "How many steps it has"),
    v("kinds", "list<string>", "Kinds of its steps, each once"),
    v("labels", "list<string>", "Labels of its steps, each once"),
    v("risk", "list<string>", "Risk labels of its steps, each once"),
    v("owners", "list<string>", "Owners of its steps, each once"),
    v("steps", "list<Step>", "Its steps, in plan order, up to 2,000: for more use scope step"),
  ],
  Facts: [
    v("shell", "string", 'The tenant\'s setting "shell": off, trusted or sandboxed'),
    v("sandboxAvailable", "bool", "Whether workers can sandbox a shell step"),
    v("tools", "map<string, Tool>", "The tool catalogue, of the tools that the plan names"),
    v(
      "succeeded",
      "list<string>",
      "Of the plan's kinds and agent:capability, those that have succeeded here before",
    ),
    v("forecast", "Forecast", "Absent when there is none: guard it by has(facts.forecast)"),
    v(
      "budgets",
      "map<string, double>",
      "Budgets that are set, by name: costUsdPerPlan, tokensPerPlan, ...",
    ),
  ],
  Tool: [
    v("sensitivity", "string", "low, medium, high or critical"),
    v("version", "string", "Version of the tool"),
    v("requiresApproval", "bool", "Whether each call asks people"),
  ],
  Forecast: [
    v("costUsd", "Range", "Cost in US dollars"),
    v("durationMs", "Range", "Time from start to end"),
    v("tokens", "Range", "Tokens of models"),
    v("successOdds", "double", "0 to 1"),
    v("approvals", "int", "Approvals that people will be asked for"),
  ],
  Range: [
    v("p10", "double", "Nine of ten are above"),
    v("p50", "double", "The middle"),
    v("p90", "double", "Nine of ten are below"),
  ],
} as const satisfies Record<string, readonly Variable[]>;

/** What each scope of rules sees; `now` is when the plan is judged. A rule of scope `step` is asked about each step on its own. */
export const CONDITION_VARIABLES = {
  step: { step: "Step", plan: "Plan", facts: "Facts", now: "timestamp" },
  plan: { plan: "Plan", facts: "Facts", now: "timestamp" },
} as const;

/** A plan with more steps is not shown to `plan.steps`: nested loops over them would take minutes. */
export const MAX_LISTED_STEPS = 2_000;
