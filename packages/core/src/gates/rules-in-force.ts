import { canonicalJson } from "../canonical/index.ts";
import type { GateKind, Verdict } from "../vocabulary/index.ts";
import type { OverridePolicy, OwnRule, RuleScope } from "./own-rule.ts";
import type { GateRule, Found, PlanUnderJudgement } from "./rule.ts";
import { GATE_RULES } from "./rules.ts";

/** What a tenant has changed of a rule that comes with the product. */
export interface BuiltInSetting {
  readonly origin: "built_in";
  readonly name: string;
  readonly version: number;
  readonly enabled: boolean;
  /** In place of the rule's own. */
  readonly verdict: Verdict | null;
  readonly override: OverridePolicy | null;
}

export interface StoredOwnRule extends OwnRule {
  readonly origin: "own";
  readonly version: number;
  readonly enabled: boolean;
}

export type StoredRule = BuiltInSetting | StoredOwnRule;

/** One rule as it holds in a tenant now. */
export interface RuleInForce {
  readonly name: string;
  readonly gate: GateKind;
  readonly origin: "built_in" | "own";
  /** 1, and one more for each edit of the tenant. */
  readonly version: number;
  /** Of the code, where code judges. */
  readonly revision: number;
  readonly scope: RuleScope;
  readonly enabled: boolean;
  readonly verdict: Verdict;
  /** Whether the verdict is the tenant's, and holds whatever the rule says of a finding. */
  readonly fixedVerdict: boolean;
  readonly override: OverridePolicy;
  readonly locked: boolean;
  readonly tip: string;
  /** Code, or a condition. */
  readonly builtIn: GateRule | null;
  readonly own: StoredOwnRule | null;
}

/** Every rule of a tenant, those that come with the product first. `stored` holds the newest version of each. */
export function rulesInForce(stored: readonly StoredRule[]): RuleInForce[] {
  const settings = new Map(
    stored.flatMap((rule) => (rule.origin === "built_in" ? [[rule.name, rule] as const] : [])),
  );
  return [
    ...GATE_RULES.map((rule) => builtInForce(rule, settings.get(rule.name))),
    ...stored.flatMap((rule) => (rule.origin === "own" ? [ownInForce(rule)] : [])),
  ];
}

function builtInForce(rule: GateRule, setting: BuiltInSetting | undefined): RuleInForce {
  const { name, gate, tip, revision = 1, locked = false } = rule;
  const changed = locked ? undefined : setting;
  const verdict = changed?.verdict ?? rule.verdict;
  return {
    name,
    gate,
    tip,
    revision,
    locked,
    origin: "built_in",
    version: setting?.version ?? 1,
    scope: "plan",
    enabled: changed?.enabled ?? true,
    verdict,
    fixedVerdict: (changed?.verdict ?? null) !== null,
    override: locked ? "none" : (changed?.override ?? defaultPolicy(verdict)),
    builtIn: rule,
    own: null,
  };
}

/** A block is lifted by two people, a warning by one. */
function defaultPolicy(verdict: Verdict): OverridePolicy {
  return verdict === "block" ? "two" : "one";
}

function ownInForce(own: StoredOwnRule): RuleInForce {
  const { name, gate, version, scope, enabled, verdict, override, tip } = own;
  return {
    name,
    gate,
    version,
    scope,
    enabled,
    verdict,
    override,
    tip,
    own,
    origin: "own",
    revision: 1,
    fixedVerdict: true,
    locked: false,
    builtIn: null,
  };
}

/** The exact text that says which rules judged: verdicts given under other rules are void. */
export function rulesDigestInput(rules: readonly RuleInForce[]): string {
  const judged = rules
    .filter(({ enabled }) => enabled)
    .toSorted((a, b) => (a.name < b.name ? -1 : 1))
    .map(({ name, origin, version, revision }) => [name, origin, version, revision]);
  return canonicalJson(["nofx.rules.v1", judged]);
}

/** What evaluating a condition gave: places of steps, or why it could not be evaluated. */
export type ConditionOutcome =
  | { readonly found: boolean; readonly steps: readonly number[] }
  | { readonly failed: string };

/** A rule in force as gates run it. An own rule needs what its condition gave; one that could not be evaluated is found. */
export function toGateRule(
  rule: RuleInForce,
  outcome?: ConditionOutcome,
): GateRule & { version: number } {
  const { builtIn, own, version, fixedVerdict, verdict } = rule;
  if (builtIn !== null) {
    const judge = fixedVerdict
      ? (plan: PlanUnderJudgement) => withVerdict(builtIn.judge(plan), verdict)
      : (plan: PlanUnderJudgement) => builtIn.judge(plan);
    return { ...builtIn, verdict, version, judge };
  }
  if (own === null) throw new RangeError(`rule ${rule.name} has neither code nor condition`);
  const { name, gate, tip } = own;
  const judge = (plan: PlanUnderJudgement) =>
    foundBy(own, outcome ?? { failed: "not asked" }, plan);
  const none: PlanUnderJudgement = {
    steps: [],
    notes: [],
    facts: { shell: "off", sandboxAvailable: false },
  };
  return {
    name,
    gate,
    finds: own.reason,
    verdict,
    tip,
    version,
    judge,
    examples: { passes: none, fails: none },
  };
}

function* withVerdict(found: Iterable<Found>, verdict: Verdict): Iterable<Found> {
  for (const one of found) yield { ...one, verdict };
}

function* foundBy(
  rule: StoredOwnRule,
  outcome: ConditionOutcome,
  { steps }: PlanUnderJudgement,
): Iterable<Found> {
  if ("failed" in outcome) {
    yield {
      step: null,
      verdict: rule.verdict === "block" ? "block" : "warn",
      reason: `Rule "${rule.name}" could not be evaluated: ${outcome.failed}.`,
      evidence: { failed: outcome.failed },
      tip: "Correct the rule's condition on the page Gates, then plan again. What a rule cannot judge is not let through.",
    };
    return;
  }
  if (rule.scope === "plan") {
    if (outcome.found)
      yield { step: null, reason: rule.reason.replaceAll("{step}", "plan"), evidence: {} };
    return;
  }
  for (const at of outcome.steps) {
    const name = steps[at]?.name ?? null;
    const reason = rule.reason.replaceAll("{step}", name ?? "step");
    yield { step: name, reason, evidence: {} };
  }
}
