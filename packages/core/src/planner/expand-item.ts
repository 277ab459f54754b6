import { pointer, sayIssue, type Issue } from "../errors/index.ts";
import { STEP_EXECUTOR, STEP_WITH, StepName, type StepKind } from "../vocabulary/index.ts";
import { capabilityOf, chooseRule } from "./choose-rule.ts";
import { isShellOverride, type ValidItem } from "./parse-row.ts";
import type { PlanRule, PlanRuleStep } from "./plan-rules.ts";
import type { PlannedStep, PlanNote } from "./planned-step.ts";

/** A step before it is linked to other items' steps: no token and no place yet. */
export type DraftStep = Omit<PlannedStep, "token" | "position">;

export interface Expansion {
  readonly item: ValidItem;
  readonly steps: readonly DraftStep[];
  readonly notes: readonly PlanNote[];
  readonly issues: readonly Issue[];
}

/** The steps of one item. `needs` of a step name only steps of the same item so far. */
export function expandItem(item: ValidItem, rules: readonly PlanRule[]): Expansion {
  if (item.kind !== undefined) {
    const args = item.with ?? {};
    const step = draft(item, { name: item.id, title: item.title, kind: item.kind, with: args });
    return {
      item,
      steps: [{ ...step, ...guessOf(item, 1), ...effectOf(item) }],
      notes: [],
      issues: [],
    };
  }
  const rule = chooseRule(item, rules);
  if (rule === undefined) {
    const what = item.type === undefined ? "has neither kind nor type" : `of type ${item.type}`;
    const message = `Item "${item.id}" ${what} and no plan rule fits it: it is left out of the plan.`;
    return { item, steps: [], notes: [{ rule: "no_rule", item: item.id, message }], issues: [] };
  }
  return expandByRule(item, rule);
}

function expandByRule(item: ValidItem, rule: PlanRule): Expansion {
  const steps: DraftStep[] = [];
  const issues: Issue[] = [];
  const effect = rule.steps.find((step) => step.effect) ?? rule.steps[0];
  rule.steps.forEach((ruleStep, i) => {
    const above = rule.steps[i - 1];
    const needs = ruleStep.needs ?? (above === undefined ? [] : [above.suffix]);
    const { kind, args } = argumentsOf(item, ruleStep);
    const name = `${item.id}.${ruleStep.suffix}`;
    const at = item.with?.[ruleStep.suffix] === undefined ? [] : [ruleStep.suffix];
    const parsed = STEP_WITH[kind].safeParse(args);
    const report = (path: readonly PropertyKey[], message: string) =>
      issues.push({ path: pointer(["items", item.row, ...path]), message, item: item.id });
    if (!StepName.safeParse(name).success) report(["id"], `the step name "${name}" is too long`);
    for (const issue of parsed.error?.issues ?? []) {
      const where = `step "${ruleStep.suffix}" of rule "${rule.name}"`;
      report(["with", ...at, ...issue.path], `${where}: ${sayIssue(issue)}`);
    }
    const title = ruleStep.title === undefined ? item.title : `${ruleStep.title}: ${item.title}`;
    steps.push({
      ...draft(item, { name, title, kind, with: parsed.data ?? args }),
      needs: needs.map((suffix) => `${item.id}.${suffix}`),
      ...guessOf(item, rule.steps.length),
      ...(ruleStep === effect ? effectOf(item) : {}),
    });
  });
  return { item, steps, notes: unusedArguments(item, rule), issues };
}

/** The rule's arguments with the item's own over them. A command or a script makes the step a shell step. */
function argumentsOf(
  item: ValidItem,
  step: PlanRuleStep,
): { kind: StepKind; args: Record<string, unknown> } {
  const override = (item.with?.[step.suffix] ?? {}) as Record<string, unknown>;
  if (isShellOverride(override)) {
    const base = step.kind === "shell" ? { ...step.with } : {};
    if ("script" in override) delete base["command"];
    if ("command" in override) delete base["script"];
    return { kind: "shell", args: { ...base, ...override } };
  }
  const args = { ...step.with, ...override };
  if (step.kind === "approval")
    return { kind: "approval", args: { question: item.title, ...args } };
  if (step.kind !== "agent") return { kind: step.kind, args };
  const about = {
    item: item.id,
    title: item.title,
    ...(item.description === undefined ? {} : { description: item.description }),
    ...(item.type === undefined ? {} : { type: item.type }),
    labels: item.labels,
  };
  const input = { ...about, ...inputOf(step.with), ...inputOf(override) };
  return { kind: "agent", args: { capability: capabilityOf(item, step), ...args, input } };
}

function inputOf(args: Record<string, unknown> | undefined): object {
  const input = args?.["input"];
  return typeof input === "object" && input !== null ? input : {};
}

function unusedArguments(item: ValidItem, rule: PlanRule): PlanNote[] {
  const suffixes = rule.steps.map((step) => step.suffix);
  const unused = Object.keys(item.with ?? {}).filter((key) => !suffixes.includes(key));
  if (unused.length === 0) return [];
  const message = `Item "${item.id}" has arguments for ${unused.join(", ")}, but rule "${rule.name}" makes only ${suffixes.join(", ")}: they are not used.`;
  return [{ rule: "with_unused", item: item.id, message }];
}

function draft(
  item: ValidItem,
  step: Pick<DraftStep, "name" | "title" | "kind" | "with">,
): DraftStep {
  const capability = step.with["capability"];
  return {
    name: step.name,
    itemId: item.id,
    title: step.title,
    kind: step.kind,
    with: step.with,
    executor: STEP_EXECUTOR[step.kind],
    capability: typeof capability === "string" ? capability : null,
    queue: "default",
    needs: [],
    priority: item.priority,
    sensitive: item.sensitive,
    risk: item.risk,
    labels: item.labels,
    owner: item.owner ?? null,
    undo: null,
    pivot: false,
    maxFailures: item.maxFailures,
    deadlineSeconds: item.deadlineSeconds,
    ...(item.resources.length === 0 ? {} : { resources: item.resources }),
  };
}

/** The item's estimate, in equal shares. */
function guessOf({ estimateMinutes }: ValidItem, steps: number): Pick<DraftStep, "guessMs"> {
  return estimateMinutes === undefined ? {} : { guessMs: (estimateMinutes * 60_000) / steps };
}

/** What belongs to the step that makes the item's change, and to no other of its steps. */
function effectOf(item: ValidItem): Pick<DraftStep, "undo" | "pivot"> {
  return { undo: item.undo ?? null, pivot: item.pivot };
}
