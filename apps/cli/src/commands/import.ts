import { randomUUID } from "node:crypto";
import { readFileSync, writeFileSync } from "node:fs";
import { basename, extname } from "node:path";
import { text } from "node:stream/consumers";
import type { BacklogPreview, ImportBacklogResult, ImportWarning } from "@nofx/core/api";
import { ImportField, writeCsv, type ImportMapping } from "@nofx/core/backlog-import";
import type { Api } from "../client/api.ts";
import { connectRunning } from "../client/connect-running.ts";
import { Sentence, WrongUsage } from "../errors.ts";
import { bold, columns, dim, green, printable, red, yellow } from "../terminal/style.ts";

export interface ImportOptions {
  format?: "json" | "yaml" | "csv" | "markdown" | "github";
  map?: string[];
  pack?: string;
  dryRun?: boolean;
  skipInvalid?: boolean;
  refused?: string;
  json?: boolean;
}

/** `nofx import FILE`: all items or none, or with `--skip-invalid` those that are right; as the operator. */
export async function importBacklog(file: string, options: ImportOptions): Promise<void> {
  const document = await read(file);
  const mapping = mappingOf(options.map ?? []);
  const { api, addresses } = await connectRunning("operator");
  const input = {
    ...(await source(api, file, document)),
    ...(options.format && { format: options.format }),
    ...(file !== "-" && { name: basename(file) }),
    ...(mapping && { mapping }),
    ...(options.pack && { pack: options.pack }),
  };
  if (options.dryRun === true) {
    const preview = await api.previewBacklog(input, randomUUID());
    if (options.json === true) console.log(JSON.stringify(preview));
    else showPreview(preview);
    if (!wouldImport(preview, options.skipInvalid === true)) process.exitCode = 1;
    return;
  }
  const { skipInvalid = false } = options;
  const result = await api.importBacklog({ ...input, skipInvalid }, randomUUID());
  if (options.refused !== undefined) writeRefused(options.refused, result);
  if (options.json === true) return console.log(JSON.stringify(result));
  console.log(
    `${green("✔")} ${bold(result.pack)}: ${result.items} ${result.items === 1 ? "item" : "items"} (${result.created} new, ${result.updated} changed, ${result.unchanged} as they were)`,
  );
  if (result.skipped > 0)
    console.log(dim(`  ${result.skipped} are done already and were left out`));
  for (const line of warnings(result.warnings)) console.log(line);
  if (result.refused > 0) {
    console.log(`${red("✖")} ${result.refused} were refused:`);
    for (const row of result.refusedRows.slice(0, MAX_SHOWN)) {
      const issues = row.issues.map(({ field, message }) => `${field} ${message}`).join("; ");
      console.log(`  ${row.place} ${printable(row.item)}: ${printable(issues)}`);
    }
  }
  console.log(`  ${addresses.dashboard}/backlog    next: npx nofx plan ${result.pack}`);
}

/** Whether the same without `--dry-run` would import something, and all that it was told to. */
function wouldImport(preview: BacklogPreview, skipInvalid: boolean): boolean {
  const { pack, items, refused, missing, issues } = preview;
  if (pack === null || items === 0 || missing.length > 0 || issues.length > 0) return false;
  return refused === 0 || skipInvalid;
}

const MAX_SHOWN = 20;
/** What fits into the body of a request, with the escapes of JSON. */
const MAX_INLINE = 3_000_000;

const TYPES: Record<string, "application/json" | "text/csv" | "text/markdown"> = {
  ".csv": "text/csv",
  ".json": "application/json",
  ".md": "text/markdown",
  ".tsv": "text/csv",
};

type Source = { text: string } | { uploadId: string };

async function source(api: Api, file: string, document: string): Promise<Source> {
  const body = Buffer.from(document);
  if (body.length <= MAX_INLINE) return { text: document };
  const contentType = TYPES[extname(file).toLowerCase()] ?? "application/yaml";
  const announced = { purpose: "backlog", contentType, size: body.length } as const;
  const ticket = await api.createUpload(announced, randomUUID());
  const { method, headers } = ticket;
  const response = await fetch(ticket.url, { method, headers, body });
  if (!response.ok) throw new Sentence(`The storage refused the file (${response.status}).`);
  return { uploadId: ticket.uploadId };
}

/** `--map title=Summary`, any number of them. */
function mappingOf(pairs: readonly string[]): ImportMapping | undefined {
  if (pairs.length === 0) return undefined;
  const mapping = pairs.map((pair): [string, ImportField] => {
    const at = pair.indexOf("=");
    const field = ImportField.safeParse(pair.slice(0, Math.max(0, at)));
    if (field.success && at < pair.length - 1) return [pair.slice(at + 1), field.data];
    throw new WrongUsage(
      `--map takes FIELD=COLUMN, and a field is one of ${ImportField.options.join(", ")}.`,
    );
  });
  return Object.fromEntries(mapping);
}

function showPreview(preview: BacklogPreview): void {
  const { format, pack, items, created, updated, unchanged, skipped, refused, counts } = preview;
  console.log(`${bold(pack ?? "(no pack: name one with --pack)")}: ${format}`);
  if (preview.columns.length > 0) {
    const rows = preview.columns.map(({ name, field, samples }) => [
      printable(name),
      field === "ignore" ? dim("left out") : field,
      dim(printable(samples.join(" · ").slice(0, 60))),
    ]);
    for (const line of columns(rows)) console.log(line);
  }
  for (const field of preview.missing) {
    console.log(`${red("✖")} no column is taken for the ${field}: --map ${field}=COLUMN`);
  }
  for (const row of preview.rows.filter(({ state }) => state === "refused").slice(0, MAX_SHOWN)) {
    for (const { field, message } of row.issues) {
      console.log(`${red("✖")} ${counts} ${row.place}: ${field} ${printable(message)}`);
    }
  }
  for (const message of preview.issues) console.log(`${red("✖")} ${printable(message)}`);
  for (const line of warnings(preview.warnings)) console.log(line);
  console.log(
    `${items} ${items === 1 ? "item" : "items"} could be imported (${created} new, ${updated} changed, ${unchanged} as they are), ${refused} refused, ${skipped} done already. Nothing was written.`,
  );
}

function warnings(list: readonly ImportWarning[]): string[] {
  return list.map(({ message, count, places }) => {
    const where =
      places.length === 0
        ? ""
        : ` (${count}: ${places.join(", ")}${count > places.length ? ", …" : ""})`;
    return `${yellow("!")} ${printable(message)}${dim(where)}`;
  });
}

/** The refused rows as CSV, with what is wrong with each, to be put right and imported again. */
function writeRefused(file: string, result: ImportBacklogResult): void {
  const header = result.columns.length > 0 ? result.columns : ["id", "title"];
  const rows = result.refusedRows.map(({ cells, item, title, issues }) => [
    ...(cells ?? [item, title]).slice(0, header.length),
    issues.map(({ field, message }) => `${field} ${message}`).join("; "),
  ]);
  writeFileSync(file, writeCsv([[...header, "Problem"], ...rows]));
}

/** A file, or standard input for `-`. */
export async function read(file: string): Promise<string> {
  if (file === "-") return text(process.stdin);
  try {
    return readFileSync(file, "utf8");
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === "ENOENT") throw new Sentence(`There is no file ${file}.`);
    if (code === "EISDIR") throw new Sentence(`${file} is a folder; name a file in it.`);
    throw error;
  }
}
