/** A stretch of text to show as it is, or one character that would otherwise go unseen. */
export type TextPart = { text: string } | { hidden: string; name: string };

const NAMES: readonly [RegExp, string][] = [
  [/[\u200b-\u200d\u2060\ufeff\u00ad\u180e]/, "invisible"],
  [/[\u202a-\u202e\u2066-\u2069\u200e\u200f\u061c]/, "text direction"],
  [/[\u{e0000}-\u{e007f}]/u, "invisible tag"],
  [/[\u2028\u2029\u0085]/, "line separator"],
  [/\u00a0/, "no-break space"],
];
const HIDDEN =
  // oxlint-disable-next-line no-control-regex -- control characters are what this looks for
  /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u00a0\u00ad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060\u2066-\u2069\ufeff\u{e0000}-\u{e007f}]/gu;

/**
 * Splits text so that characters which show nothing, or reorder what is shown, can be drawn as marks. What people
 * approve must not read differently from what will run.
 */
export function revealText(text: string): TextPart[] {
  const parts: TextPart[] = [];
  let from = 0;
  for (const match of text.matchAll(HIDDEN)) {
    if (match.index > from) parts.push({ text: text.slice(from, match.index) });
    const char = match[0];
    const name = NAMES.find(([pattern]) => pattern.test(char))?.[1] ?? "control character";
    parts.push({ hidden: `U+${hex(char)}`, name });
    from = match.index + char.length;
  }
  if (from < text.length) parts.push({ text: text.slice(from) });
  return parts;
}

function hex(char: string): string {
  return (char.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, "0");
}

// oxlint-disable-next-line no-control-regex -- escape sequences begin with a control character
const ANSI = /\u001b(?:\[[0-?]*[ -/]*[@-~]|\][^\u0007\u001b]*(?:\u0007|\u001b\\)|[@-Z\\-_])/g;

/** A log line without the terminal's colour and cursor codes. */
export function stripAnsi(text: string): string {
  return text.replace(ANSI, "");
}
