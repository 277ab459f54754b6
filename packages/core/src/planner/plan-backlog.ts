import { canonicalJson } from "../canonical/index.ts";
import { pointer, type Issue } from "../errors/index.ts";
import { StepName } from "../vocabulary/index.ts";
import { inRuleOrder } from "./choose-rule.ts";
import { digraph } from "./digraph.ts";
import { expandItem, type DraftStep } from "./expand-item.ts";
import { IssueList, MAX_BACKLOG_ISSUES } from "./issue-list.ts";
import { linkSteps } from "./link-steps.ts";
import { orderNodes } from "./order-nodes.ts";
import type { ValidItem } from "./parse-row.ts";
import type { PlanRule } from "./plan-rules.ts";
import type { PlannedStep, PlanNote } from "./planned-step.ts";
import { resolveInputs } from "./resolve-inputs.ts";

export interface PlanRequest {
  readonly tenantId: string;
  /** What stays the same over all versions of a plan: tokens hang on it. */
  readonly lineage: string;
  readonly items: readonly ValidItem[];
  readonly rules: readonly PlanRule[];
  /** SHA-256 of a text, in hex. */
  readonly sha256: (text: string) => string;
}

export type Planning =
  | { ok: true; steps: PlannedStep[]; notes: PlanNote[] }
  | { ok: false; issues: Issue[] };

/**
 * Makes a plan of backlog items: each item becomes one step (`kind`) or several (`type`, by rules), in an order in
 * which needs come first and, among what is free, higher priority, then risk, and then the order of the input.
 * Loops and missing items do not stop it: the structural gate names them and blocks.
 */
export function planBacklog({ tenantId, lineage, items, rules, sha256 }: PlanRequest): Planning {
  const ordered = inRuleOrder(rules);
  const expansions = items.map((item) => expandItem(item, ordered));
  const { steps, issues } = resolveInputs(linkSteps(expansions), expansions);
  const all = new IssueList(MAX_BACKLOG_ISSUES);
  for (const expansion of expansions) all.addAll(expansion.issues);
  all.addAll(sameNames(steps, items));
  all.addAll(issues);
  if (all.total === 0) all.addAll(longNames(steps, items));
  if (all.total > 0) return { ok: false, issues: all.closed() };

  const tokenOf = ({ name, kind, with: args }: DraftStep) =>
    sha256(canonicalJson([tenantId, lineage, name, { kind, with: args }]));
  return {
    ok: true,
    steps: inPlanOrder(steps).map((step, position) => ({
      ...step,
      position,
      token: tokenOf(step),
    })),
    notes: expansions.flatMap((expansion) => expansion.notes),
  };
}

function inPlanOrder(steps: readonly DraftStep[]): DraftStep[] {
  const nodeOf = new Map(steps.map((step, node) => [step.name, node]));
  const needs = digraph(steps.length, (node) =>
    (steps[node]?.needs ?? []).flatMap((need) => nodeOf.get(need) ?? []),
  );
  const { order } = orderNodes(needs, (node) => rankOf(steps[node] as DraftStep));
  return order.map((node) => steps[node] as DraftStep);
}

/** Risks of what is done last among equals: whatever fails should fail before it. */
const FINAL: ReadonlySet<string> = new Set(["irreversible", "production"]);

/** By priority; among equals questions first, for people take longest, and what cannot be taken back last. */
function rankOf({ priority, kind, risk }: DraftStep): number {
  return 3 * priority + (kind === "approval" ? 0 : risk.some((one) => FINAL.has(one)) ? 2 : 1);
}

function sameNames(steps: readonly DraftStep[], items: readonly ValidItem[]): Issue[] {
  const itemOf = new Map<string, string>();
  const rowOf = new Map(items.map((item) => [item.id, item.row]));
  return steps.flatMap(({ name, itemId }) => {
    const first = itemOf.get(name);
    itemOf.set(name, first ?? itemId);
    if (first === undefined) return [];
    const message = `its step "${name}" has the name of a step of item "${first}"; rename one of them`;
    return [{ path: pointer(["items", rowOf.get(itemId) ?? 0, "id"]), message, item: itemId }];
  });
}

/** Of the waits for lags: the names of other steps were looked at when they were made. */
function longNames(steps: readonly DraftStep[], items: readonly ValidItem[]): Issue[] {
  const rowOf = new Map(items.map((item) => [item.id, item.row]));
  return steps.flatMap(({ name, itemId }) => {
    if (StepName.safeParse(name).success) return [];
    const message = `the step name "${name}" is too long`;
    return [{ path: pointer(["items", rowOf.get(itemId) ?? 0, "id"]), message, item: itemId }];
  });
}
