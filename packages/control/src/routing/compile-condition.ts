import { Environment, type ASTNode } from "@marcbachmann/cel-js";
import type { ConditionProblem } from "@nofx/core/gates";
import {
  preparePolicy,
  ROUTE_CONDITION_FIELDS,
  type PreparedPolicy,
  type RouteCondition,
  type RoutingPolicy,
} from "@nofx/core/model-router";

/**
 * Conditions of routing rules: CEL over the scalars of one request, evaluated on the path of each call. So they must not be able to take
 * long: no macros and with them no loops, no regular expressions, no lists but literal ones.
 */

const LIMITS = {
  maxAstNodes: 100,
  maxDepth: 16,
  maxListElements: 50,
  maxMapEntries: 0,
  maxCallArguments: 2,
};
const FUNCTIONS = new Set(["size", "int", "double", "string"]);
const METHODS = new Set(["startsWith", "endsWith", "contains", "size"]);
const OPERATORS = new Set(
  "value id . [] list ?: || && !_ -_ != == in + - * / % < <= > >=".split(" "),
);

const environment = new Environment({ homogeneousAggregateLiterals: false, limits: LIMITS });
environment.registerType("RouteRequest", {
  fields: Object.fromEntries(
    Object.entries(ROUTE_CONDITION_FIELDS).map(([name, { type }]) => [name, type]),
  ),
});
environment.registerVariable("request", "RouteRequest");
environment.registerVariable("facts", "map<string, dyn>");

/** What is wrong with a condition, and where; undefined where it can be used. */
export function checkRouteCondition(when: string): ConditionProblem | undefined {
  const compiled = compile(when);
  return "problem" in compiled ? compiled.problem : undefined;
}

const KEPT = 1_000;
const prepared = new Map<string, RouteCondition>();

/** A condition to be asked of each request; the same text is compiled once. Throws RangeError on what `checkRouteCondition` refuses. */
export function compileRouteCondition(when: string): RouteCondition {
  const known = prepared.get(when);
  if (known !== undefined) return known;
  const compiled = compile(when);
  if ("problem" in compiled) throw new RangeError(compiled.problem.message);
  if (prepared.size >= KEPT) prepared.clear();
  prepared.set(when, compiled.condition);
  return compiled.condition;
}

/** A policy that can be decided by. Throws RangeError where a condition of it cannot be used. */
export const prepareRoutingPolicy = (policy: RoutingPolicy): PreparedPolicy =>
  preparePolicy(policy, compileRouteCondition);

function compile(when: string): { condition: RouteCondition } | { problem: ConditionProblem } {
  if (when.trim() === "") return { problem: problemAt(when, "is empty", 0, 0) };
  try {
    const parsed = environment.parse(when);
    const refused = findRefused(parsed.ast);
    if (refused !== undefined) {
      const { start, end } = refused.node;
      return { problem: problemAt(when, refused.message, start, end) };
    }
    const checked = parsed.check();
    if (!checked.valid) return { problem: problemOf(when, checked.error) };
    if (checked.type !== "bool" && checked.type !== "dyn") {
      const message = `is a ${checked.type}: it has to be true or false`;
      return { problem: problemAt(when, message, 0, when.length) };
    }
    return { condition: (scene) => parsed({ ...scene }) === true };
  } catch (error) {
    return { problem: problemOf(when, error) };
  }
}

/** The first part of a condition that is not allowed. */
function findRefused(node: ASTNode): { node: ASTNode; message: string } | undefined {
  if (node.op === "call") {
    const [name] = node.args;
    if (!FUNCTIONS.has(name)) return { node, message: notAllowed(name) };
  } else if (node.op === "rcall") {
    const [name] = node.args;
    if (!METHODS.has(name)) return { node, message: notAllowed(name) };
  } else if (!OPERATORS.has(node.op)) {
    return { node, message: `${node.op} cannot be used here` };
  }
  for (const child of childrenOf(node.args)) {
    const found = findRefused(child);
    if (found !== undefined) return found;
  }
  return undefined;
}

function notAllowed(name: string): string {
  if (name === "has") return 'has() cannot be used here: write "name" in facts';
  const known = [...FUNCTIONS, ...METHODS].join(", ");
  return `${name}() cannot be used here; there are ${known}`;
}

function childrenOf(args: unknown): ASTNode[] {
  if (Array.isArray(args)) return args.flatMap(childrenOf);
  return typeof args === "object" && args !== null && "op" in args ? [args as ASTNode] : [];
}

function problemOf(when: string, error: unknown): ConditionProblem {
  const { summary, range } = error as {
    summary?: string;
    range?: { start: number; end: number };
  };
  const { start = 0, end = when.length } = range ?? {};
  return problemAt(when, summary ?? "cannot be read", start, end);
}

function problemAt(text: string, message: string, start: number, end: number): ConditionProblem {
  const before = text.slice(0, start).split("\n");
  return { message, start, end, line: before.length, column: (before.at(-1)?.length ?? 0) + 1 };
}
