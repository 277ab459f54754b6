import type { RedactionRule } from "@nofx/core/api";

/** Rewrites a text before it is stored. Pure, and idempotent: what it wrote it leaves alone. */
export interface RedactionHook {
  readonly name: string;
  readonly rewrite: (text: string) => string;
  /** What it would rewrite. */
  readonly find: (text: string) => string[];
}

const by = (name: string, ...patterns: readonly RegExp[]): RedactionHook => ({
  name,
  rewrite: (text) => patterns.reduce((rest, one) => rest.replace(one, `[${name}]`), text),
  find: (text) => patterns.flatMap((one) => text.match(one) ?? []),
});

// Each pattern takes linear time: what one try has read, the next does not read again.
const SECRETS = by(
  "secret",
  /-----BEGIN [A-Z ]{0,40}PRIVATE KEY-----(?:(?!-----BEGIN )[\s\S]){0,20000}?-----END [A-Z ]{0,40}PRIVATE KEY-----/g,
  /\beyJ(?:(?!-eyJ)[A-Za-z0-9_-]){10,4000}\.[A-Za-z0-9_-]{10,8000}\.[A-Za-z0-9_-]{0,2000}/g,
  /\b(?:sk|pk|rk)[-_][A-Za-z0-9_-]{16,300}/g,
  /\bnofx_[a-z]{2}_[A-Za-z0-9_-]{20,100}/g,
  /\b(?:ghp|gho|ghu|ghs|ghr|github_pat|glpat|xox[abprs])[-_][A-Za-z0-9_-]{16,300}/g,
  /\bAKIA[0-9A-Z]{16}\b/g,
  /\bAIza[0-9A-Za-z_-]{35}/g,
  /\bBearer [A-Za-z0-9._~+/-]{16,4000}=*/gi,
);

const CARD = /\b\d(?:[ -]?\d){12,18}\b/g;

const RULES: Record<RedactionRule, RedactionHook> = {
  emails: by("email", /[A-Za-z0-9._%+-]{1,64}@[A-Za-z0-9-]{1,63}(?:\.[A-Za-z0-9-]{1,63}){1,8}/g),
  phones: by("phone", /(?<![\w.])\+\d{1,3}[ .-]?\(?\d{1,4}\)?(?:[ .-]?\d{2,4}){2,4}(?!\w)/g),
  cards: {
    name: "card",
    rewrite: (text) => text.replace(CARD, (found) => (isCard(found) ? "[card]" : found)),
    find: (text) => (text.match(CARD) ?? []).filter(isCard),
  },
  ip_addresses: by(
    "ip_address",
    /\b(?:(?:25[0-5]|2[0-4]\d|1?\d?\d)\.){3}(?:25[0-5]|2[0-4]\d|1?\d?\d)\b/g,
    /(?<![\w:])(?:[0-9a-fA-F]{1,4}:){2,7}[0-9a-fA-F]{1,4}(?![\w:])/g,
  ),
};

/** By its check digit (Luhn). */
function isCard(text: string): boolean {
  const digits = (text.match(/\d/g) ?? []).map(Number).toReversed();
  const sum = digits.reduce((total, digit, i) => {
    const doubled = i % 2 === 0 ? digit : digit * 2;
    return total + (doubled > 9 ? doubled - 9 : doubled);
  }, 0);
  return sum % 10 === 0;
}

/** What a tenant wants rewritten: keys and tokens always. */
export function hooksOf(rules: readonly RedactionRule[]): readonly RedactionHook[] {
  return [SECRETS, ...rules.map((rule) => RULES[rule])];
}

/** What Postgres refuses in JSON, as the mark for what cannot be shown: or whoever says it would not be on record. */
function storable(text: string): string {
  return text.replaceAll("\u0000", "\ufffd").toWellFormed();
}

/** A copy of any JSON with every text in it rewritten, names of fields too, and how many were. */
export function redact<T>(
  value: T,
  hooks: readonly RedactionHook[],
): { value: T; rewritten: number } {
  let rewritten = 0;
  const text = (from: string): string => {
    const to = hooks.reduce((rest, hook) => hook.rewrite(rest), from);
    if (to !== from) rewritten += 1;
    return storable(to);
  };
  const walk = (from: unknown): unknown => {
    if (typeof from === "string") return text(from);
    if (Array.isArray(from)) return from.map(walk);
    if (typeof from !== "object" || from === null) return from;
    return Object.fromEntries(Object.entries(from).map(([key, one]) => [text(key), walk(one)]));
  };
  return { value: walk(value) as T, rewritten };
}
