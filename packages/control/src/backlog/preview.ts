import { BacklogPreview, PreviewBacklogInput, type PreviewRow } from "@nofx/core/api";
import { sortOut, type SortedOut } from "@nofx/core/backlog-import";
import { isStepName } from "@nofx/core/vocabulary";
import { loadPackDigests } from "@nofx/db/queries";
import type { z } from "zod";
import type { MemberContext } from "../command/context.ts";
import { authorise, runQuery } from "../command/run-command.ts";
import { readBacklog, type ReadBacklog } from "./read-backlog.ts";
import { COUNTS, fieldOf } from "./refused-rows.ts";
import { toRow } from "./to-row.ts";

/** Rows that are shown: the first of all, and the first of those that are refused. */
const MAX_ROWS = 100;

/**
 * What an import would make of a text: its format, its columns and what they are taken for, each row with what would become of
 * it and what is wrong with it, and what would not be taken over. Writes nothing.
 */
export async function previewBacklog(
  ctx: MemberContext,
  input: z.input<typeof PreviewBacklogInput>,
): Promise<BacklogPreview> {
  authorise(ctx, "backlog.write");
  return runQuery(ctx, PreviewBacklogInput, input, async (tx, parsed) => {
    const read = await readBacklog(ctx, tx, parsed, { lock: false });
    const { format, sheet } = read;
    const head = {
      format,
      counts: COUNTS[format],
      pack: read.pack ?? null,
      columns: columnsOf(sheet),
      delimiter: sheet?.table.delimiter ?? null,
      remembered: sheet?.remembered ?? false,
      skipped: read.skipped,
      warnings: read.warnings.map((warning) => ({ ...warning, places: [...warning.places] })),
    };
    if (sheet?.hasTitle === false) {
      const none = {
        items: 0,
        created: 0,
        updated: 0,
        unchanged: 0,
        refused: 0,
        rows: [],
        issues: [],
      };
      return BacklogPreview.parse({ ...head, missing: ["title"], ...none });
    }
    const sorted = sortOut(read.document, read.problems, read.known);
    const there =
      read.pack === undefined
        ? new Map<string, string>()
        : await loadPackDigests(tx.db, ctx.tenantId, read.pack);
    const states = new Map<number, PreviewRow["state"]>();
    for (const item of sorted.good) {
      const { key, digest } = toRow(ctx, item);
      const known = there.get(key);
      const same = known === digest;
      states.set(item.row, known === undefined ? "created" : same ? "unchanged" : "updated");
    }
    const count = (state: PreviewRow["state"]) =>
      [...states.values()].filter((one) => one === state).length;
    return BacklogPreview.parse({
      ...head,
      missing: [],
      items: sorted.good.length,
      created: count("created"),
      updated: count("updated"),
      unchanged: count("unchanged"),
      refused: sorted.bad.size,
      rows: rowsOf(read, sorted, states),
      issues: sorted.issues.map(({ path, message }) =>
        path === "" ? `The document ${message}.` : `${path.slice(1)} ${message}.`,
      ),
    });
  });
}

const MAX_SAMPLES = 3;
const MAX_SAMPLE = 80;

function columnsOf(sheet: ReadBacklog["sheet"]): BacklogPreview["columns"] {
  if (sheet === undefined) return [];
  const { table, mapping } = sheet;
  const fields = new Map(Object.entries(mapping));
  const places = new Map<string, number[]>();
  table.columns.forEach((column, at) => places.set(column, [...(places.get(column) ?? []), at]));
  return [...places].map(([name, at]) => {
    const samples = new Set<string>();
    for (const { cells } of table.rows.slice(0, 1_000)) {
      for (const place of at) {
        const text = (cells[place] ?? "").trim();
        if (text !== "" && samples.size < MAX_SAMPLES) samples.add(cut(text));
      }
    }
    return { name, count: at.length, samples: [...samples], field: fields.get(name) ?? "ignore" };
  });
}

function cut(text: string): string {
  return text.length <= MAX_SAMPLE ? text : `${text.slice(0, MAX_SAMPLE - 1)}…`.toWellFormed();
}

function rowsOf(
  read: ReadBacklog,
  { good, bad }: SortedOut,
  states: ReadonlyMap<number, PreviewRow["state"]>,
): PreviewRow[] {
  const items = (read.document as { items?: unknown } | null)?.items;
  const raws = Array.isArray(items) ? (items as unknown[]) : [];
  const valid = new Map(good.map((item) => [item.row, item]));
  const refused = [...bad.keys()].sort((a, b) => a - b).slice(0, MAX_ROWS);
  const shown = new Set([...raws.keys()].slice(0, MAX_ROWS));
  return [...new Set([...shown, ...refused])]
    .sort((a, b) => a - b)
    .map((row) => {
      const raw = (raws[row] ?? {}) as Record<string, unknown>;
      const item = valid.get(row);
      return {
        place: read.placeOf(row),
        id: item?.id ?? (isStepName(raw["id"]) ? raw["id"] : ""),
        title: item?.title ?? textOf(raw["title"]),
        what: item?.kind ?? item?.type ?? textOf(raw["kind"] ?? raw["type"]),
        priority: item?.priority ?? null,
        labels: item?.labels ?? [],
        needs: (item?.needs ?? []).slice(0, 20),
        owner: item?.owner ?? null,
        state: states.get(row) ?? "refused",
        issues: (bad.get(row) ?? []).map(fieldOf),
      };
    });
}

function textOf(value: unknown): string {
  return typeof value === "string" ? value.slice(0, 500).toWellFormed() : "";
}
