import { z } from "zod";
import type { AuditEntry } from "./entry.ts";
import { AuditDigest } from "./digest.ts";

export const EXPORT_FORMAT = "nofx.audit.export.v1";

/** The first line of an export: whose entries it holds, from which to which, and which keys signed its digests. */
export const ExportHeader = z.strictObject({
  type: z.literal("header"),
  format: z.literal(EXPORT_FORMAT),
  tenant: z.string(),
  from: z.int().min(1),
  to: z.int().min(0),
  kids: z.array(z.string()),
});
export type ExportHeader = z.infer<typeof ExportHeader>;

const EntryLine = z.strictObject({
  type: z.literal("entry"),
  seq: z.int().min(1),
  prev: z.string(),
  hash: z.string(),
  at: z.string(),
  verb: z.string(),
  actor: z.string(),
  body: z.string(),
});

const DigestLine = z.strictObject({ type: z.literal("digest") }).extend(AuditDigest.shape);

const EndLine = z.strictObject({
  type: z.literal("end"),
  entries: z.int().min(0),
  digests: z.int().min(0),
});

const Line = z.discriminatedUnion("type", [ExportHeader, EntryLine, DigestLine, EndLine]);
export type ExportLine = z.infer<typeof Line>;

/** Each field in its place and nothing else: a line has one spelling, so whoever reads it reads the same. */
const ORDER = {
  header: ["type", "format", "tenant", "from", "to", "kids"],
  entry: ["type", "seq", "prev", "hash", "at", "verb", "actor", "body"],
  digest: [
    "type",
    "format",
    "tenant",
    "n",
    "from",
    "to",
    "count",
    "headHash",
    "previousSignature",
    "at",
    "kid",
    "signature",
  ],
  end: ["type", "entries", "digests"],
} as const;

export function writeLine(line: ExportLine): string {
  return JSON.stringify(line, [...ORDER[line.type]]);
}

export const entryLine = (entry: AuditEntry): string => writeLine({ type: "entry", ...entry });

export const digestLine = (digest: AuditDigest): string => writeLine({ type: "digest", ...digest });

/** What a line says, or undefined where it is not one that an export has, letter by letter. */
export function readLine(text: string): ExportLine | undefined {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return undefined;
  }
  const parsed = Line.safeParse(value);
  if (!parsed.success || writeLine(parsed.data) !== text) return undefined;
  return parsed.data;
}

/** A page's lines: each digest right after the entry that it ends with. Both are in their order already. */
export function interleave(
  entries: readonly AuditEntry[],
  digests: readonly AuditDigest[],
): string[] {
  const lines: string[] = [];
  let next = 0;
  const until = (seq: number) => {
    for (; next < digests.length; next++) {
      const digest = digests[next];
      if (digest === undefined || digest.to > seq) return;
      lines.push(digestLine(digest));
    }
  };
  const first = entries[0]?.seq;
  if (first !== undefined) until(first - 1);
  for (const entry of entries) {
    lines.push(entryLine(entry));
    until(entry.seq);
  }
  until(Number.POSITIVE_INFINITY);
  return lines;
}
