/** A secret that was found: where, by which pattern, and what it is called. Never the secret itself. */
export interface FoundSecret {
  readonly path: readonly PropertyKey[];
  readonly pattern: string;
  readonly what: string;
}

/** Every repetition is bounded or over one class, so that matching takes linear time whatever the input. */
const PATTERNS: readonly { pattern: string; what: string; regex: RegExp }[] = [
  {
    pattern: "private_key",
    what: "a private key",
    regex: /-----BEGIN (?:[A-Z0-9]{1,20} ){0,3}PRIVATE KEY/,
  },
  { pattern: "aws_key", what: "an AWS access key", regex: /\b(?:AKIA|ASIA)[A-Z0-9]{16}\b/ },
  {
    pattern: "github_token",
    what: "a GitHub token",
    regex: /\b(?:gh[pousr]_[A-Za-z0-9]{20}|github_pat_[A-Za-z0-9_]{20})/,
  },
  { pattern: "npm_token", what: "an npm token", regex: /\bnpm_[A-Za-z0-9]{36}\b/ },
  { pattern: "slack_token", what: "a Slack token", regex: /\bxox[abeprs]-[A-Za-z0-9-]{10}/ },
  { pattern: "stripe_key", what: "a Stripe key", regex: /\b[sr]k_live_[A-Za-z0-9]{16}/ },
  {
    pattern: "model_key",
    what: "a model provider's key",
    regex: /\bsk-(?:ant-|proj-)?[A-Za-z0-9_-]{20}/,
  },
  { pattern: "google_key", what: "a Google API key", regex: /\bAIza[A-Za-z0-9_-]{35}/ },
  {
    pattern: "control_plane_key",
    what: "a key of this control plane",
    regex: /\b(?:nofx_ak_|sb_secret_)[A-Za-z0-9_-]{16}/,
  },
  {
    pattern: "jwt",
    what: "a signed token",
    regex: /\beyJ[A-Za-z0-9_-]{10,2000}\.eyJ[A-Za-z0-9_-]{10,4000}\.[A-Za-z0-9_-]{10}/,
  },
  {
    pattern: "url_password",
    what: "a password in a URL",
    regex: /\b[a-z][a-z0-9+.-]{1,20}:\/\/[^\s:@/]{1,100}:[^\s@/${}<]{6,200}@/,
  },
];

const SECRET_WORD =
  /(?:pass(?:word|wd|phrase)|secret|token|credential|api[_-]?key|(?:access|private|auth)[_-]?key)/i;
const NOT_THE_SECRET =
  /(?:hash|digest|sha\d{1,3}|id|name|url|path|file|label|count|limit|version)$/i;
const ASSIGNMENT = new RegExp(
  `${SECRET_WORD.source}[A-Za-z0-9_.-]{0,40}["']?\\s{0,3}[=:]\\s{0,3}["']?([^\\s"',;]{16,400})`,
  "gi",
);

/** Looks through arguments for keys and passwords: known forms, and values of high entropy given to a telling name. */
export function findSecrets(value: unknown, path: readonly PropertyKey[] = []): FoundSecret[] {
  if (typeof value === "string") {
    const found = secretIn(value, path.at(-1));
    return found === undefined ? [] : [{ path, ...found }];
  }
  if (typeof value !== "object" || value === null) return [];
  return Object.entries(value).flatMap(([key, child]) => {
    const inKey = knownForm(key);
    // A key that is a secret must not appear in the path of what was found.
    const shown = inKey === undefined ? key : "(removed)";
    const below = [...path, shown];
    const inside = findSecrets(child, below);
    return inKey === undefined ? inside : [{ path: below, ...inKey }, ...inside];
  });
}

type Kind = Omit<FoundSecret, "path">;

function secretIn(text: string, key: PropertyKey | undefined): Kind | undefined {
  if (text.length < MIN_LENGTH) return undefined;
  const known = knownForm(text);
  if (known !== undefined) return known;
  const telling =
    typeof key === "string" && SECRET_WORD.test(key) && !NOT_THE_SECRET.test(key) && isRandom(text);
  const assigned = () =>
    [...text.matchAll(ASSIGNMENT)].some(([whole, value = ""]) => {
      const name = /^[A-Za-z0-9_.-]*/.exec(whole)?.[0] ?? "";
      return !NOT_THE_SECRET.test(name) && isRandom(value);
    });
  return telling || assigned() ? { pattern: "assignment", what: "a secret" } : undefined;
}

/** No form above is shorter, and most keys and words are. */
const MIN_LENGTH = 14;

function knownForm(text: string): Kind | undefined {
  if (text.length < MIN_LENGTH) return undefined;
  const hit = PATTERNS.find(({ regex }) => regex.test(text));
  return hit && { pattern: hit.pattern, what: hit.what };
}

const MIN_BITS_PER_CHARACTER = 3.2;

/** Letters and digits mixed in one long run, as a generator writes them; references like $TOKEN are not. */
export function isRandom(text: string): boolean {
  if (/^[$%<{./~]/.test(text)) return false;
  return (text.match(/[A-Za-z0-9+/=_]{16,400}/g) ?? []).some(
    (run) => /\d/.test(run) && /[A-Za-z]/.test(run) && entropy(run) >= MIN_BITS_PER_CHARACTER,
  );
}

function entropy(text: string): number {
  const counts = new Map<string, number>();
  for (const char of text) counts.set(char, (counts.get(char) ?? 0) + 1);
  let bits = 0;
  for (const count of counts.values())
    bits -= (count / text.length) * Math.log2(count / text.length);
  return bits;
}
