import { MAX_IMPORT_ITEMS } from "@nofx/core/vocabulary";
import { unguardCell, type Table } from "@nofx/core/backlog-import";
import Papa from "papaparse";
import { notInFormat } from "./unreadable.ts";

const MAX_COLUMNS = 1_000;
/** Headers are read, mapped and shown; none that a person wrote is longer. */
const MAX_HEADER = 500;

export interface CsvTable extends Table {
  readonly delimiter: string;
}

/** The table in a text of separated values; the separator is found by itself. Cells are text, whatever they look like. */
export function readCsv(text: string): CsvTable {
  const rows: { place: number; cells: string[] }[] = [];
  let columns: string[] | undefined;
  let delimiter = ",";
  let place = 0;
  const refuse = (message: string) => notInFormat(`The CSV cannot be read: ${message}.`);
  Papa.parse<string[]>(text, {
    delimitersToGuess: [",", "\t", ";", "|"],
    step: ({ data, errors, meta }) => {
      place++;
      delimiter = meta.delimiter;
      const [error] = errors.filter(({ type }) => type === "Quotes");
      if (error !== undefined) throw refuse(`${error.message} in row ${place}`);
      const cells = data.map(unguardCell);
      if (cells.every((cell) => cell.trim() === "")) return;
      if (columns === undefined) {
        columns = headerOf(cells, refuse);
        return;
      }
      if (rows.length >= MAX_IMPORT_ITEMS) {
        throw refuse(`it has more than ${MAX_IMPORT_ITEMS.toLocaleString("en")} rows; split it`);
      }
      rows.push({ place, cells });
    },
  });
  if (columns === undefined) throw refuse("it has no header");
  return { columns, rows, delimiter };
}

function headerOf(cells: readonly string[], refuse: (message: string) => Error): string[] {
  const last = cells.findLastIndex((cell) => cell.trim() !== "");
  if (last >= MAX_COLUMNS) throw refuse(`it has more than ${MAX_COLUMNS} columns`);
  return cells.slice(0, last + 1).map((cell, at) => {
    const name = cell.trim();
    if (name.length > MAX_HEADER) throw refuse(`the header of column ${at + 1} is too long`);
    return name === "" ? `Column ${at + 1}` : name;
  });
}
