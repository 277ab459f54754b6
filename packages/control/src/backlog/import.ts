import { canonicalJson } from "@nofx/core/canonical";
import { ImportBacklogInput, type ImportBacklogResult } from "@nofx/core/api";
import { orderAfterImport, sortOut, type SortedOut } from "@nofx/core/backlog-import";
import { NofxError, type Issue } from "@nofx/core/errors";
import { validateBacklog } from "@nofx/core/planner";
import { nestedDeeperThan, StepName } from "@nofx/core/vocabulary";
import {
  arrangePack,
  findPack,
  loadPackDigests,
  loadPackOrder,
  saveImportMapping,
  upsertItems,
  upsertPack,
  type ItemRow,
} from "@nofx/db/queries";
import type { z } from "zod";
import type { MemberContext } from "../command/context.ts";
import { authorise, runCommand } from "../command/run-command.ts";
import type { CommandTransaction } from "../command/transaction.ts";
import { readBacklog, type ReadBacklog } from "./read-backlog.ts";
import { inTheFile, refusedRows } from "./refused-rows.ts";
import { toRow } from "./to-row.ts";

/**
 * Imports a backlog of any format: all of it or nothing, or with `skipInvalid` what is right of it. Items are matched by pack
 * and id, so importing a document again changes what changed and leaves the rest. Errors name every offending item
 * (`backlog_invalid`).
 */
export async function importBacklog(
  ctx: MemberContext,
  input: z.input<typeof ImportBacklogInput>,
): Promise<ImportBacklogResult> {
  authorise(ctx, "backlog.write");
  refuseBottomless(input.document);
  const spec = {
    name: "backlog.import",
    permission: "backlog.write",
    input: ImportBacklogInput,
  } as const;
  return runCommand(ctx, spec, input, async (tx, parsed) => {
    const read = await readBacklog(ctx, tx, parsed, { lock: !parsed.dryRun });
    refuseUnfinished(read);
    const { document, good, bad } = parsed.skipInvalid ? partOf(read) : allOf(read);
    const { pack, title, workspace } = document;
    const rows = good.map((item) => toRow(ctx, item));
    const answer = {
      pack,
      format: read.format,
      items: rows.length,
      skipped: read.skipped,
      refused: bad.size,
      refusedRows: refusedRows(read, bad),
      columns: bad.size > 0 ? [...(read.sheet?.table.columns ?? [])] : [],
      warnings: read.warnings.map((warning) => ({ ...warning, places: [...warning.places] })),
      dryRun: parsed.dryRun,
    };
    if (parsed.dryRun) return { ...answer, ...(await wouldChange(ctx, tx, pack, rows)) };

    const packed = { tenantId: ctx.tenantId, name: pack };
    const before = await findPack(tx.db, ctx.tenantId, pack);
    const order = before === undefined ? [] : await loadPackOrder(tx.db, before.id);
    const packId = await upsertPack(tx.db, {
      ...packed,
      title: title ?? null,
      workspace: workspace ?? null,
    });
    const { created, updated } = await upsertItems(tx.db, ctx.tenantId, packId, rows);
    const keys = rows.map(({ key }) => key);
    await arrangePack(tx.db, packId, orderAfterImport(order, keys, before?.arranged ?? false));
    if (read.sheet !== undefined) {
      const { fingerprint, mapping } = read.sheet;
      await saveImportMapping(tx.db, ctx.tenantId, fingerprint, mapping);
    }
    tx.emit({ type: "backlog.imported", payload: { pack, items: rows.length, created, updated } });
    await tx.audit("backlog.imported", {
      pack,
      items: rows.length,
      created,
      updated,
      digest: ctx.plane.sha256(canonicalJson(rows.map((row) => row.digest))),
    });
    return { ...answer, created, updated, unchanged: rows.length - created - updated };
  });
}

type Importable = SortedOut & { document: NonNullable<SortedOut["document"]> };

function allOf(read: ReadBacklog): Importable {
  const valid = validateBacklog(read.document, read.known);
  const issues = [...read.problems, ...(valid.ok ? [] : valid.issues)];
  if (valid.ok && issues.length === 0) {
    const { items: _, ...document } = valid.document;
    return { document, good: valid.items, bad: new Map(), issues };
  }
  throw refusal(read, issues);
}

function partOf(read: ReadBacklog): Importable {
  const { document, ...rest } = sortOut(read.document, read.problems, read.known);
  if (document !== undefined && rest.good.length > 0) return { document, ...rest };
  const rows = [...rest.bad].sort(([a], [b]) => a - b).flatMap(([, issues]) => issues);
  throw refusal(read, [...rest.issues, ...rows].slice(0, 1_000));
}

function refusal(read: ReadBacklog, issues: readonly Issue[]): NofxError {
  return new NofxError("backlog_invalid", {
    detail: `${issues.length} ${issues.length === 1 ? "problem" : "problems"} found. Correct them and import again.`,
    issues: inTheFile(read, issues),
  });
}

/** What a person has to say before a table or a list can be imported. */
function refuseUnfinished(read: ReadBacklog): void {
  if (read.sheet?.hasTitle === false) {
    const columns = [...new Set(read.sheet.table.columns)].slice(0, 50).join(", ");
    const message = `no column is taken for the title; there are ${columns}`.slice(0, 2_000);
    throw new NofxError("invalid_input", { issues: [{ path: "/mapping", message }] });
  }
  if (read.pack === undefined && !["json", "yaml"].includes(read.format)) {
    const message = "name the pack that the items go to";
    throw new NofxError("invalid_input", { issues: [{ path: "/pack", message }] });
  }
}

/** Far more levels than an item may have: rows below it are judged later, with all else that is wrong with them. */
const MAX_LEVELS = 1_000;

/** What is nested so deep that writing it as text would fail is refused before anything is done with it. */
function refuseBottomless(document: unknown): void {
  if (!nestedDeeperThan(MAX_LEVELS, document)) return;
  const message = `is nested deeper than ${MAX_LEVELS} levels`;
  const items = (document as { items?: unknown }).items;
  const rows = (Array.isArray(items) ? items : []).flatMap((row: unknown, index): Issue[] => {
    if (!nestedDeeperThan(MAX_LEVELS - 2, row)) return [];
    const id = StepName.safeParse((row as { id?: unknown }).id);
    return [{ path: `/items/${index}`, item: id.success ? id.data : `#${index + 1}`, message }];
  });
  const issues = rows.length > 0 ? rows.slice(0, 100) : [{ path: "", message }];
  throw new NofxError("backlog_invalid", {
    detail: "The document is nested too deeply. Correct it and import again.",
    issues,
  });
}

/** What an import of these rows would do. */
export async function wouldChange(
  ctx: MemberContext,
  tx: CommandTransaction,
  pack: string,
  rows: readonly ItemRow[],
) {
  const there = await loadPackDigests(tx.db, ctx.tenantId, pack);
  const created = rows.filter((row) => !there.has(row.key)).length;
  const unchanged = rows.filter((row) => there.get(row.key) === row.digest).length;
  return { created, updated: rows.length - created - unchanged, unchanged };
}
