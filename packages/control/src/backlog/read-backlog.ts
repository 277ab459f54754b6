import { slug, type ImportFormat, type ImportMapping } from "@nofx/core/backlog-import";
import { NofxError } from "@nofx/core/errors";
import type { KnownItems } from "@nofx/core/planner";
import { StepName } from "@nofx/core/vocabulary";
import { findPack, loadImportMapping, loadPackKeys, lockPack } from "@nofx/db/queries";
import type { MemberContext } from "../command/context.ts";
import type { CommandTransaction } from "../command/transaction.ts";
import { loadText } from "./load-text.ts";
import {
  draftOf,
  fingerprintOf,
  mappingOf,
  openDocument,
  prepare,
  type OpenDocument,
  type Prepared,
} from "./open-document.ts";
import type { CsvTable } from "./read-csv.ts";

export interface BacklogSource {
  readonly document?: Record<string, unknown> | undefined;
  readonly text?: string | undefined;
  readonly uploadId?: string | undefined;
  readonly format: "auto" | ImportFormat;
  readonly name?: string | undefined;
  readonly mapping?: ImportMapping | undefined;
  readonly pack?: string | undefined;
}

/** What was sent, on its way to being items: its rows in the form of a backlog document, and how it came to that. */
export interface ReadBacklog extends Prepared {
  readonly format: ImportFormat;
  readonly pack: string | undefined;
  /** Items of the pack that are there already: rows may need them. */
  readonly known: KnownItems | undefined;
  readonly skipped: number;
  readonly sheet: ReadSheet | undefined;
}

export interface ReadSheet {
  readonly table: CsvTable;
  readonly mapping: ImportMapping;
  readonly fingerprint: string;
  readonly remembered: boolean;
  readonly hasTitle: boolean;
}

/** Reads what was sent, whatever its format, against the pack that it is for. */
export async function readBacklog(
  ctx: MemberContext,
  tx: CommandTransaction,
  source: BacklogSource,
  { lock }: { lock: boolean },
): Promise<ReadBacklog> {
  const open = await openSource(ctx, tx, source);
  const sheet = "table" in open ? await readSheet(ctx, tx, open.table, source.mapping) : undefined;
  const draft = draftOf(open, sheet?.mapping ?? {}, ctx.plane.sha256);
  const pack = source.pack ?? draft?.pack ?? packIn(open, source.name);
  const known = pack === undefined ? undefined : await knownItems(ctx, tx, pack, lock);
  const { format } = open;
  if ("document" in open || draft === undefined) {
    const given = "document" in open ? open.document : undefined;
    const document =
      source.pack !== undefined &&
      typeof given === "object" &&
      given !== null &&
      !Array.isArray(given)
        ? { ...given, pack: source.pack }
        : given;
    const rest = { problems: [], warnings: [], placeOf: oneMore, cellsOf: () => null };
    return { ...rest, document, format, pack, known, sheet, skipped: 0 };
  }
  if (draft.rows.length === 0) {
    const done = draft.skipped > 0 ? `, and ${draft.skipped} that are done already` : "";
    throw new NofxError("backlog_invalid", {
      detail:
        sheet !== undefined && sheet.table.rows.length === 0
          ? `There is nothing to import: the table has a header (${sheet.table.columns.slice(0, 8).join(", ").slice(0, 200)}) and no rows below it.`
          : `There is nothing to import: no open ${THINGS[format]}${done}.`,
    });
  }
  const prepared = prepare(open, draft, pack ?? "pack", known?.keys ?? new Set());
  return { ...prepared, format, pack, known, sheet, skipped: draft.skipped };
}

const oneMore = (row: number) => row + 1;

const THINGS: Record<ImportFormat, string> = {
  json: "items",
  yaml: "items",
  csv: "rows",
  markdown: "tasks (`- [ ] title`)",
  github: "issues",
};

async function openSource(
  ctx: MemberContext,
  tx: CommandTransaction,
  source: BacklogSource,
): Promise<OpenDocument> {
  if (source.document !== undefined) return { format: "json", document: source.document };
  const text = await loadText(ctx, tx, source);
  return openDocument({ text, format: source.format, name: source.name }, ctx.plane.sha256);
}

async function readSheet(
  ctx: MemberContext,
  tx: CommandTransaction,
  table: CsvTable,
  asked: ImportMapping | undefined,
): Promise<ReadSheet> {
  const fingerprint = fingerprintOf(table, ctx.plane.sha256);
  const kept = await loadImportMapping(tx.db, ctx.tenantId, fingerprint);
  const mapping = mappingOf(table, asked, kept);
  const hasTitle = Object.values(mapping).includes("title");
  return { table, mapping, fingerprint, remembered: kept !== undefined, hasTitle };
}

/** The pack that a document names, or the name of the file of what names none. */
function packIn(open: OpenDocument, name: string | undefined): string | undefined {
  if ("document" in open) {
    return StepName.safeParse((open.document as { pack?: unknown } | null)?.pack).data;
  }
  return slug((name ?? "").replace(/^.*[/\\]/s, "").replace(/\.\w{1,10}$/, "")) || undefined;
}

async function knownItems(
  ctx: MemberContext,
  tx: CommandTransaction,
  pack: string,
  lock: boolean,
): Promise<KnownItems | undefined> {
  const found = await findPack(tx.db, ctx.tenantId, pack);
  if (found === undefined) return undefined;
  // two imports at once could form a loop that neither of them sees
  if (lock) await lockPack(tx.db, found.id);
  const needs = await loadPackKeys(tx.db, found.id);
  return { keys: new Set(needs.keys()), needsOf: (key: string) => needs.get(key) ?? [] };
}
