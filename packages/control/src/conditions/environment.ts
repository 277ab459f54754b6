import { Environment } from "@marcbachmann/cel-js";
import type { RuleScope } from "@nofx/core/gates";
import { CONDITION_TYPES, CONDITION_VARIABLES } from "@nofx/core/gates/conditions";

/** What one condition may consist of, so that neither checking nor compiling takes long. Time is limited by the evaluator. */
const LIMITS = {
  maxAstNodes: 500,
  maxDepth: 32,
  maxListElements: 200,
  maxMapEntries: 200,
  maxCallArguments: 8,
};

const environments = new Map<RuleScope, Environment>();

/** The types and variables of a scope; nothing else is known to a condition, and none of it does anything. */
export function environmentOf(scope: RuleScope): Environment {
  const known = environments.get(scope);
  if (known !== undefined) return known;
  const environment = new Environment({ homogeneousAggregateLiterals: false, limits: LIMITS });
  for (const name of ["Range", "Forecast", "Tool", "Step", "Plan", "Facts"] as const) {
    const fields = Object.fromEntries(CONDITION_TYPES[name].map((one) => [one.name, one.type]));
    environment.registerType(name, { fields });
  }
  for (const [name, type] of Object.entries(CONDITION_VARIABLES[scope])) {
    environment.registerVariable(name, type === "timestamp" ? "google.protobuf.Timestamp" : type);
  }
  environments.set(scope, environment);
  return environment;
}
