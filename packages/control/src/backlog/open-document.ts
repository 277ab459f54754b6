import {
  completeMapping,
  type Draft,
  ImportMapping,
  type ImportFormat,
  linkRows,
  looksLikeIssues,
  MAX_IMPORT_BYTES,
  readIssues,
  readTable,
  readTasks,
  type Warning,
} from "@nofx/core/backlog-import";
import { canonicalJson } from "@nofx/core/canonical";
import { NofxError, type Issue } from "@nofx/core/errors";
import { isStepName } from "@nofx/core/vocabulary";
import { detectFormat } from "./detect-format.ts";
import { readCsv, type CsvTable } from "./read-csv.ts";
import { readDocument, refuseUnstorable } from "./read-document.ts";
import { readMarkdown } from "./read-markdown.ts";
import { notInFormat } from "./unreadable.ts";

export interface BacklogText {
  readonly text: string;
  readonly format: "auto" | ImportFormat;
  readonly name?: string | undefined;
}

type Sha256 = (text: string) => string;

/** A text that was parsed, before anybody asked what its rows mean. */
export type OpenDocument =
  | { readonly format: "json" | "yaml"; readonly document: unknown }
  | { readonly format: "csv"; readonly table: CsvTable; readonly lost: boolean }
  | { readonly format: "markdown" | "github"; readonly draft: Draft; readonly lost: boolean };

/** Parses a backlog text of any format. Refuses what is no such thing, and what is too large to be looked at. */
export function openDocument(given: BacklogText, sha256: Sha256): OpenDocument {
  const text = given.text.replace(/^\ufeff/, "");
  if (text.trim() === "") throw notInFormat("There is nothing in it: the file or text is empty.");
  refuseBinary(text);
  const format = given.format === "auto" ? detectFormat(text, given.name) : given.format;
  if (format === "json" || format === "yaml") {
    const document = readDocument(text, format);
    const bare = given.format === "auto" && looksLikeIssues(document);
    if (!bare) return { format, document: backlogIn(document) };
    refuseLarge(text);
    return { format: "github", draft: issuesOf(document), lost: text.includes(LOST) };
  }
  refuseLarge(text);
  refuseUnstorable(text);
  const lost = text.includes(LOST);
  if (format === "csv") return { format, table: readCsv(text), lost };
  if (format === "github") return { format, draft: issuesOf(readDocument(text, "json")), lost };
  const { tasks, title, others } = readMarkdown(text);
  const draft = readTasks(tasks, title, sha256);
  for (const line of others) draft.warnings.add("items of lists without a box are left out", line);
  return { format, draft, lost };
}

/** A backlog document is an object, whatever is wrong in it. */
function backlogIn(document: unknown): unknown {
  if (typeof document === "object" && document !== null && !Array.isArray(document)) {
    return document;
  }
  throw notInFormat(
    "This is no backlog document, which has version: 1, pack and items; and it looks like no table with a header, list of tasks or issues from gh either. Say with the format what it is, if it is one of them.",
  );
}

/** What no text file begins with: of spreadsheets, archives, pictures. */
function refuseBinary(text: string): void {
  const head = text.slice(0, 4_000);
  // oxlint-disable-next-line no-control-regex
  const odd = head.match(/[\u0000-\u0008\u000e-\u001a\u001c-\u001f\ufffd]/g)?.length ?? 0;
  if (!head.startsWith("PK\u0003\u0004") && odd * 10 < head.length) return;
  throw notInFormat(
    "This is no text: a spreadsheet, an archive or a picture, perhaps. Export it as CSV, saved as UTF-8, and import that.",
  );
}

/** What stands for a letter that could not be decoded. */
const LOST = "\ufffd";

function issuesOf(value: unknown): Draft {
  const read = readIssues(value);
  if (read.ok) return read.draft;
  const wanted = "gh issue list --json number,title,body,labels,assignees,state,milestone,url";
  throw notInFormat(`This is not what \`${wanted}\` writes.`, read.issues);
}

function refuseLarge(text: string): void {
  if (
    text.length <= MAX_IMPORT_BYTES &&
    new TextEncoder().encode(text).length <= MAX_IMPORT_BYTES
  ) {
    return;
  }
  throw new NofxError("payload_too_large", {
    detail: `Files of this format are read up to ${MAX_IMPORT_BYTES / 1_000_000} MB. Split it into packs.`,
  });
}

/** Names the header of a table, whatever the order of its columns. */
export function fingerprintOf(table: CsvTable, sha256: Sha256): string {
  return sha256(canonicalJson([...new Set(table.columns)].toSorted()));
}

/** What the columns of a table are: as asked for, else as remembered, else as their names suggest. */
export function mappingOf(table: CsvTable, asked: ImportMapping | undefined, remembered: unknown) {
  const kept = ImportMapping.safeParse(remembered).data ?? {};
  const unknown = Object.keys(asked ?? {}).filter((column) => !table.columns.includes(column));
  if (unknown.length > 0) {
    const there = [...new Set(table.columns)].slice(0, 50).join(", ");
    throw new NofxError("invalid_input", {
      issues: unknown.slice(0, 100).map((column) => ({
        path: "/mapping",
        message:
          `there is no column ${JSON.stringify(column.slice(0, 100))}; there are ${there}`.slice(
            0,
            2_000,
          ),
      })),
    });
  }
  return completeMapping(table.columns, asked ?? {}, kept);
}

/** The rows of what is no backlog document yet; undefined for one that is. */
export function draftOf(
  open: OpenDocument,
  mapping: ImportMapping,
  sha256: Sha256,
): Draft | undefined {
  if ("draft" in open) return open.draft;
  return "table" in open ? readTable(open.table, mapping, sha256) : undefined;
}

export interface Prepared {
  /** As it is validated. */
  readonly document: unknown;
  readonly problems: readonly Issue[];
  readonly warnings: readonly Warning[];
  /** Where each row stands in the file. */
  readonly placeOf: (row: number) => number;
  /** The cells of each row, where it has cells. */
  readonly cellsOf: (row: number) => readonly string[] | null;
}

/** A backlog document from the rows of a draft, in a pack that has these items already. */
export function prepare(
  open: Extract<OpenDocument, { lost: boolean }>,
  draft: Draft,
  pack: string,
  known: ReadonlySet<string>,
): Prepared {
  if (open.lost)
    draft.warnings.add("the file is not UTF-8, some of its letters are lost: save it as UTF-8");
  const { items, warnings } = linkRows(draft, known);
  const problems = draft.rows.flatMap(({ raw, problems: found }, i) =>
    found.map(({ field, message }) => ({
      path: `/items/${i}/${field}`,
      message,
      item: isStepName(raw["id"]) ? raw["id"] : `#${i + 1}`,
    })),
  );
  const byPlace = new Map(
    "table" in open ? open.table.rows.map((row) => [row.place, row.cells]) : [],
  );
  const placeOf = (row: number) => draft.rows[row]?.place ?? row + 1;
  return {
    document: { version: 1, pack, ...(draft.title && { title: draft.title }), items },
    problems,
    warnings,
    placeOf,
    cellsOf: (row) => byPlace.get(placeOf(row)) ?? null,
  };
}
