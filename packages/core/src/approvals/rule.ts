import { type ApprovalRule, RuleInForce } from "../vocabulary/index.ts";

/** What cannot be read weakens nothing: nobody is in a group of that name, so nobody can answer. */
const NOBODY: ApprovalRule = RuleInForce.parse({
  groups: [{ group: "(a rule that cannot be read)" }],
});

/** Takes what is stored, whatever of it is there. */
export function readRule(stored: unknown): ApprovalRule {
  const parsed = RuleInForce.safeParse(withoutNulls(stored ?? {}));
  return parsed.success ? parsed.data : NOBODY;
}

function withoutNulls(stored: unknown): unknown {
  if (typeof stored !== "object" || stored === null || Array.isArray(stored)) return stored;
  return Object.fromEntries(Object.entries(stored).filter(([, value]) => value !== null));
}

/** Whether a rule asks for less than another in anything, where none asks for anybody's one yes. */
export function isWeaker(rule: ApprovalRule | null, than: ApprovalRule | null): boolean {
  const now = rule ?? readRule({});
  const before = than ?? readRule({});
  const k = (one: ApprovalRule, name: string) =>
    Math.max(0, ...one.groups.filter(({ group }) => group === name).map((wanted) => wanted.k));
  return (
    now.quorum < before.quorum ||
    before.groups.some(({ group }) => k(now, group) < k(before, group)) ||
    (before.veto && !now.veto) ||
    (now.shared && !before.shared) ||
    (before.groups.length > 0 &&
      now.escalateTo !== undefined &&
      now.escalateTo !== before.escalateTo)
  );
}

/** The groups that a rule names, each once. */
export function groupsOf(rule: ApprovalRule): string[] {
  const named = rule.groups.map(({ group }) => group);
  return [...new Set(rule.escalateTo === undefined ? named : [...named, rule.escalateTo])];
}
