import { canonicalJson } from "@nofx/core/canonical";
import { ImportBacklogInput, type ImportBacklogResult } from "@nofx/core/api";
import { NofxError, type Issue } from "@nofx/core/errors";
import { validateBacklog, type ValidItem } from "@nofx/core/planner";
import { nestedDeeperThan, StepName, toUuid } from "@nofx/core/vocabulary";
import {
  findPack,
  findUpload,
  loadPackDigests,
  loadPackKeys,
  lockPack,
  upsertItems,
  upsertPack,
  type ItemRow,
} from "@nofx/db/queries";
import type { z } from "zod";
import type { MemberContext } from "../command/context.ts";
import { authorise, runCommand } from "../command/run-command.ts";
import type { CommandTransaction } from "../command/transaction.ts";
import { readDocument } from "./read-document.ts";

/**
 * Imports a backlog document: all of it or nothing. Items are matched by pack and id, so importing a document again
 * changes what changed and leaves the rest. Errors name every offending item (`backlog_invalid`).
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
    const document = await documentOf(ctx, tx, parsed);
    const known = await knownItems(ctx, tx, document);
    const valid = validateBacklog(document, known);
    if (!valid.ok) {
      throw new NofxError("backlog_invalid", {
        detail: `${valid.issues.length} ${valid.issues.length === 1 ? "problem" : "problems"} found. Correct them and import again.`,
        issues: valid.issues,
      });
    }
    const { pack, title, workspace } = valid.document;
    const counts = { pack, items: valid.items.length, dryRun: parsed.dryRun };
    const rows = valid.items.map((item) => toRow(ctx, item));
    if (parsed.dryRun) return { ...counts, ...(await wouldChange(ctx, tx, pack, rows)) };

    const packId = await upsertPack(tx.db, {
      tenantId: ctx.tenantId,
      name: pack,
      title: title ?? null,
      workspace: workspace ?? null,
    });
    const { created, updated } = await upsertItems(tx.db, ctx.tenantId, packId, rows);
    const result = { ...counts, created, updated, unchanged: rows.length - created - updated };
    tx.emit({ type: "backlog.imported", payload: { pack, items: rows.length, created, updated } });
    await tx.audit("backlog.imported", {
      pack,
      items: rows.length,
      created,
      updated,
      digest: ctx.plane.sha256(canonicalJson(rows.map((row) => row.digest))),
    });
    return result;
  });
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

async function documentOf(
  ctx: MemberContext,
  tx: CommandTransaction,
  input: ImportBacklogInput,
): Promise<unknown> {
  if (input.document !== undefined) return input.document;
  if (input.text !== undefined) return readDocument(input.text, input.format);
  const upload = await findUpload(tx.db, ctx.tenantId, toUuid("upload", input.uploadId ?? ""));
  if (upload === undefined)
    throw new NofxError("not_found", { detail: "There is no such upload." });
  const bytes = await ctx.plane.storage.forTenant(ctx.tenantId).get("uploads", upload.path);
  if (bytes === undefined) {
    throw new NofxError("upload_missing", {
      detail: "Send the file to the upload's signed address first.",
    });
  }
  if (bytes.byteLength !== upload.size) {
    throw new NofxError("invalid_input", {
      detail: `${upload.size} bytes were announced and ${bytes.byteLength} arrived. Announce and send the file again.`,
    });
  }
  return readDocument(decodeUtf8(bytes), input.format);
}

function decodeUtf8(bytes: Uint8Array): string {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch (error) {
    throw new NofxError("invalid_json", { detail: "The file is not UTF-8 text.", cause: error });
  }
}

/** Items of the same pack that are there already: rows may need them. */
async function knownItems(ctx: MemberContext, tx: CommandTransaction, document: unknown) {
  const pack = StepName.safeParse((document as { pack?: unknown } | null)?.pack);
  const found = pack.success ? await findPack(tx.db, ctx.tenantId, pack.data) : undefined;
  if (found === undefined) return undefined;
  // two imports at once could form a loop that neither of them sees
  await lockPack(tx.db, found.id);
  const needs = await loadPackKeys(tx.db, found.id);
  return { keys: new Set(needs.keys()), needsOf: (key: string) => needs.get(key) ?? [] };
}

async function wouldChange(
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

function toRow(ctx: MemberContext, item: ValidItem): ItemRow {
  const row = {
    key: item.id,
    title: item.title,
    description: item.description ?? null,
    kind: item.kind ?? null,
    type: item.type ?? null,
    arguments: item.with ?? null,
    needs: item.needs,
    priority: item.priority,
    labels: item.labels,
    risk: item.risk,
    sensitive: item.sensitive,
    owner: item.owner ?? null,
    undo: item.undo ?? null,
    pivot: item.pivot,
    max_failures: item.maxFailures,
    deadline_seconds: item.deadlineSeconds,
    position: item.row,
  };
  return { ...row, digest: ctx.plane.sha256(canonicalJson(row)) };
}
