import type { ConditionProblem, RuleScope } from "@nofx/core/gates";
import { environmentOf } from "./environment.ts";

const MAX_CONDITION = 2_000;

/** What is wrong with a condition, and where: undefined when it can be evaluated and says true or false. */
export function checkCondition(condition: string, scope: RuleScope): ConditionProblem | undefined {
  if (condition.trim() === "") return problem(condition, "is empty", 0, 0);
  if (condition.length > MAX_CONDITION) {
    return problem(
      condition,
      `is longer than ${MAX_CONDITION} characters`,
      MAX_CONDITION,
      condition.length,
    );
  }
  const checked = environmentOf(scope).check(condition);
  if (!checked.valid) {
    const { start = 0, end = condition.length } = checked.error?.range ?? {};
    return problem(condition, checked.error?.summary ?? "cannot be read", start, end);
  }
  if (checked.type === "bool" || checked.type === "dyn") return undefined;
  return problem(
    condition,
    `is a ${checked.type}: it has to be true or false`,
    0,
    condition.length,
  );
}

function problem(text: string, message: string, start: number, end: number): ConditionProblem {
  const before = text.slice(0, start).split("\n");
  return { message, start, end, line: before.length, column: (before.at(-1)?.length ?? 0) + 1 };
}
