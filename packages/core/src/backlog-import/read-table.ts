import { RiskLabel, StepKind } from "../vocabulary/index.ts";
import { Warnings, type Draft, type DraftProblem, type DraftRow } from "./draft.ts";
import type { ImportField, ImportMapping } from "./fields.ts";
import { hasHidden, idFromTitle, idOf, labelOf, visible } from "./names.ts";
import { isDone, priorityOf, typeOf, yesOrNo } from "./words.ts";

/** A table of text: the header, and the rows below it, each with its number as a spreadsheet shows it. */
export interface Table {
  readonly columns: readonly string[];
  readonly rows: readonly { readonly place: number; readonly cells: readonly string[] }[];
}

/** The rows of a table as items, by what its columns are. Without a column for titles there are none. */
export function readTable(
  table: Table,
  mapping: ImportMapping,
  sha256: (text: string) => string,
): Draft {
  const warnings = new Warnings();
  const columns = columnsByField(table, mapping);
  warnOfIgnored(table, mapping, warnings);
  const rows: DraftRow[] = [];
  const done: string[] = [];
  let skipped = 0;
  const keys: string[] = [];
  for (const { place, cells } of table.rows) {
    const row = readRow({ cells, columns, place, width: table.columns.length, warnings, sha256 });
    keys.push(row.key);
    if (row.done) {
      skipped++;
      done.push(...row.names);
    } else rows.push(row.draft);
  }
  return { rows, done, skipped, warnings, pack: projectOf(keys) };
}

type Columns = ReadonlyMap<ImportField, readonly number[]>;

function columnsByField(table: Table, mapping: ImportMapping): Columns {
  const fields = new Map(Object.entries(mapping));
  const columns = new Map<ImportField, number[]>();
  table.columns.forEach((column, at) => {
    const field = fields.get(column) ?? "ignore";
    columns.set(field, [...(columns.get(field) ?? []), at]);
  });
  return columns;
}

function warnOfIgnored(table: Table, mapping: ImportMapping, warnings: Warnings): void {
  const fields = new Map(Object.entries(mapping));
  const lost = new Set<string>();
  table.columns.forEach((column, at) => {
    if ((fields.get(column) ?? "ignore") !== "ignore" || lost.has(column)) return;
    if (table.rows.some(({ cells }) => (cells[at] ?? "").trim() !== "")) lost.add(column);
  });
  if (lost.size === 0) return;
  const named = [...lost].slice(0, 12).map((column) => JSON.stringify(column.slice(0, 60)));
  const more = lost.size > named.length ? ` and ${lost.size - named.length} more` : "";
  warnings.add(
    `${lost.size === 1 ? "a column is" : "columns are"} not taken over: ${named.join(", ")}${more}`,
  );
}

interface RowWork {
  readonly cells: readonly string[];
  readonly columns: Columns;
  readonly place: number;
  readonly width: number;
  readonly warnings: Warnings;
  readonly sha256: (text: string) => string;
}

function readRow(work: RowWork): { draft: DraftRow; done: boolean; names: string[]; key: string } {
  const { cells, columns, place, warnings, sha256 } = work;
  const problems: DraftProblem[] = [];
  const all = (field: ImportField) =>
    (columns.get(field) ?? []).flatMap((at) => {
      const text = cells[at] ?? "";
      if (text.trim() === "") return [];
      if (hasHidden(text)) warnings.add("hidden characters were taken out", place);
      return [visible(text).trim()];
    });
  const one = (field: ImportField) => all(field)[0];
  if (cells.slice(work.width).some((cell) => cell.trim() !== "")) {
    const message = `has ${cells.length} cells, the header has ${work.width}: is a quote missing?`;
    problems.push({ field: "row", message });
  }
  const key = one("id") ?? "";
  const title = one("title")?.replaceAll(/\s+/g, " ");
  const id = columns.has("id") ? idOf(key) : idFromTitle(title ?? "", sha256);
  if (id === "" && columns.has("id")) problems.push({ field: "id", message: "the id is empty" });
  const aliases = all("alias").map(idOf);
  const raw: Record<string, unknown> = {
    ...(id === "" ? {} : { id }),
    title: title ?? "",
    ...readWhat(work, one, problems),
    ...readRest(work, all, problems),
  };
  const links = {
    needs: all("needs").flatMap(namesIn),
    blockedBy: all("blockedBy").flatMap(namesIn),
    blocks: all("blocks").flatMap(namesIn),
    parents: all("parent").flatMap(namesIn),
  };
  const draft = { place, raw, links, aliases, problems };
  return { draft, done: all("status").some(isDone), names: [id, ...aliases], key };
}

/** What the row does: a kind with its arguments, or a type. */
function readWhat(
  { place, warnings }: RowWork,
  one: (field: ImportField) => string | undefined,
  problems: DraftProblem[],
): Record<string, unknown> {
  const kind = one("kind")?.toLowerCase();
  const named = one("type");
  const type = named === undefined ? undefined : typeOf(named);
  if (named !== undefined && type === undefined && kind === undefined) {
    warnings.add(`type ${JSON.stringify(named.slice(0, 60))} is taken for a chore`, place);
  }
  if (kind !== undefined && !StepKind.safeParse(kind).success) {
    const message = `unknown kind ${JSON.stringify(kind.slice(0, 60))}; use one of ${StepKind.options.join(", ")}`;
    problems.push({ field: "kind", message });
  }
  const what =
    kind !== undefined
      ? { kind: StepKind.safeParse(kind).data, ...(type === undefined ? {} : { type }) }
      : { type: type ?? "chore" };
  const args = one("with");
  if (args === undefined) return what;
  const parsed = objectIn(args);
  if (parsed === undefined) problems.push({ field: "with", message: "is not a JSON object" });
  return { ...what, ...(parsed === undefined ? {} : { with: parsed }) };
}

function readRest(
  { place, warnings }: RowWork,
  all: (field: ImportField) => string[],
  problems: DraftProblem[],
): Record<string, unknown> {
  const rest: Record<string, unknown> = {};
  const [description] = all("description");
  if (description !== undefined) rest["description"] = cutTo(description, warnings, place);
  const [priority] = all("priority");
  if (priority !== undefined) {
    rest["priority"] = priorityOf(priority);
    if (rest["priority"] === undefined) {
      const message = `unknown priority ${JSON.stringify(priority.slice(0, 60))}; use 1 to 5, or highest, high, medium, low, lowest`;
      problems.push({ field: "priority", message });
    }
  }
  const labels = [...all("labels").flatMap(listIn), ...all("group").flatMap(listIn)].map(labelOf);
  rest["labels"] = [...new Set(labels)].filter((label) => label !== "");
  const [owner] = all("owner");
  if (owner !== undefined) rest["owner"] = owner;
  const risks = all("risk")
    .flatMap(listIn)
    .map((risk) => risk.toLowerCase());
  for (const risk of risks.filter((one) => !RiskLabel.safeParse(one).success)) {
    const message = `unknown risk ${JSON.stringify(risk.slice(0, 60))}; use ${RiskLabel.options.join(", ")}`;
    problems.push({ field: "risk", message });
  }
  rest["risk"] = risks.filter((one) => RiskLabel.safeParse(one).success);
  const [sensitive] = all("sensitive");
  if (sensitive !== undefined) {
    rest["sensitive"] = yesOrNo(sensitive);
    if (rest["sensitive"] === undefined) {
      problems.push({ field: "sensitive", message: "use yes or no" });
    }
  }
  return rest;
}

const MAX_DESCRIPTION = 20_000;

/** A description as long as one may be; what is cut off is told. */
export function cutTo(description: string, warnings: Warnings, place: number): string {
  if (description.length <= MAX_DESCRIPTION) return description;
  warnings.add(
    `descriptions are cut after ${MAX_DESCRIPTION.toLocaleString("en")} characters`,
    place,
  );
  return `${description.slice(0, MAX_DESCRIPTION - 1)}…`.toWellFormed();
}

function objectIn(text: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(text);
    const plain = typeof value === "object" && value !== null && !Array.isArray(value);
    return plain ? (value as Record<string, unknown>) : undefined;
  } catch {
    return undefined;
  }
}

/** A semicolon parts only before a space, as labels may hold one. */
function listIn(text: string): string[] {
  return text.split(/[,\n]|;\s/).map((part) => part.trim());
}

function namesIn(text: string): string[] {
  return text
    .split(/[,;\s]+/)
    .map((name) => idOf(name.replace(/^#/, "")))
    .filter((name) => name !== "");
}

/** `PROJ` when every key is like `PROJ-7`. */
function projectOf(keys: readonly string[]): string | undefined {
  const projects = new Set(keys.map((key) => /^([A-Za-z][A-Za-z0-9_]*)-\d+$/.exec(key)?.[1] ?? ""));
  const [project] = projects;
  return projects.size === 1 && project ? idOf(project) : undefined;
}
