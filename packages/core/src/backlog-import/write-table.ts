/** What a spreadsheet would run as a formula, and what we marked against that before. */
const FORMULA = /^'*[=+\-@\t\r]/;

/** A cell as it is written: a leading apostrophe makes a spreadsheet show a formula as text. */
export function guardCell(text: string): string {
  return FORMULA.test(text) ? `'${text}` : text;
}

/** The cell that `guardCell` was given. */
export function unguardCell(text: string): string {
  return text.startsWith("'") && FORMULA.test(text) ? text.slice(1) : text;
}

/** A table as CSV (RFC 4180), which reads back as it was and holds no formulas for a spreadsheet. */
export function writeCsv(rows: readonly (readonly string[])[]): string {
  return rows.map((row) => `${row.map(cell).join(",")}\r\n`).join("");
}

function cell(text: string): string {
  const safe = guardCell(text);
  return /[",\r\n]|^$|^\s|\s$/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}
