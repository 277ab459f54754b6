/** The hash before the first entry of a chain. */
export const NO_HASH = "0".repeat(64);

/** An entry of a tenant's audit chain, as it is exported. */
export interface AuditEntry {
  readonly seq: number;
  /** The hash of the entry before; {@link NO_HASH} for the first. */
  readonly prev: string;
  readonly hash: string;
  /** UTC with microseconds, the text that was hashed: `2026-11-21T10:00:00.123456Z`. */
  readonly at: string;
  readonly verb: string;
  /** `type:id`. */
  readonly actor: string;
  /** The exact text that was hashed. */
  readonly body: string;
}

/** SHA-256 of a text's UTF-8, in lower-case hex. */
export type Sha256 = (text: string) => string;

/** What an entry's hash is taken of: the same text as app.append_audit makes. */
export function entryText(tenant: string, entry: Omit<AuditEntry, "hash">): string {
  const { seq, prev, at, verb, actor, body } = entry;
  return ["nofx.audit.v1", tenant, seq, prev, at, verb, actor, body].join("|");
}

const PATTERNS = {
  prev: /^[0-9a-f]{64}$/,
  hash: /^[0-9a-f]{64}$/,
  at: /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$/,
  // without the bar that parts the fields: an entry's text can be read in one way only
  verb: /^[a-z_]+(\.[a-z_]+)*$/,
  actor: /^(member|agent|worker|system):[^|\n]+$/,
} as const;

/** The field that an entry could not have been written with, if there is one. */
export function misshapen(entry: AuditEntry): keyof AuditEntry | undefined {
  if (!Number.isSafeInteger(entry.seq) || entry.seq < 1) return "seq";
  for (const field of Object.keys(PATTERNS) as (keyof typeof PATTERNS)[]) {
    if (!PATTERNS[field].test(entry[field])) return field;
  }
  return undefined;
}
