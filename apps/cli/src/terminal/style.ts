import { styleText } from "node:util";

type Style = Parameters<typeof styleText>[0];

/** Text in a style where the terminal shows one (and NO_COLOR is not set), plain elsewhere. */
export function paint(style: Style, text: string): string {
  return styleText(style, text, { stream: process.stdout });
}

export const bold = (text: string) => paint("bold", text);
export const dim = (text: string) => paint("dim", text);
export const green = (text: string) => paint("green", text);
export const red = (text: string) => paint("red", text);
export const yellow = (text: string) => paint("yellow", text);

/** Control characters of what others wrote must not reach the terminal. */
export function printable(text: string): string {
  // oxlint-disable-next-line no-control-regex
  return text.replace(/[\u0000-\u0008\u000b-\u001f\u007f-\u009f]/g, "\uFFFD");
}

export function duration(ms: number): string {
  if (ms < 60_000) return `${(ms / 1000).toFixed(1)} s`;
  const seconds = Math.round(ms / 1000);
  return `${Math.floor(seconds / 60)} min ${seconds % 60} s`;
}

export function bytes(size: number): string {
  if (size < 1024) return `${size} B`;
  if (size < 1024 ** 2) return `${(size / 1024).toFixed(1)} kB`;
  return `${(size / 1024 ** 2).toFixed(1)} MB`;
}

/** Rows as aligned columns. Styles do not count towards the width. */
export function columns(rows: readonly (readonly string[])[], indent = "  "): string[] {
  const widths: number[] = [];
  for (const row of rows) {
    row.forEach((cell, i) => (widths[i] = Math.max(widths[i] ?? 0, width(cell))));
  }
  return rows.map(
    (row) =>
      indent +
      row
        .map((cell, i) =>
          i === row.length - 1 ? cell : cell + " ".repeat((widths[i] ?? 0) - width(cell)),
        )
        .join("  "),
  );
}

// oxlint-disable-next-line no-control-regex
const width = (text: string) => text.replace(/\u001b\[[0-9;]*m/g, "").length;
