/** A stretch of text to show as it is, or one character that would otherwise go unseen. */
export type TextPart = { text: string } | { hidden: string; name: string };

const NAMES: readonly [RegExp, string][] = [
  [/[\u034f\u200b-\u200d\u2060-\u2064\ufeff\u00ad\u180e]/, "invisible"],
  [/[\u202a-\u202e\u2066-\u206f\u200e\u200f\u061c]/, "text direction"],
  [/[\u{e0000}-\u{e007f}]/u, "invisible tag"],
  [/[\u2028\u2029\u0085]/, "line separator"],
  [/\u00a0/, "no-break space"],
  [/[\u1680\u2000-\u200a\u202f\u205f\u3000]/, "unusual space"],
  [/[\u17b4\u17b5\u115f\u1160\u2800\u3164\uffa0]/, "filler"],
  [/[\u180b-\u180f\ufe00-\ufe0e\u{e0100}-\u{e01ef}]/u, "variation selector"],
  [/[\ufff9-\ufffb]/, "annotation"],
  [/[\p{Co}\p{Cn}]/u, "private or unassigned"],
];
/** As packages/core/src/approvals/mark-hidden.ts has it: tests/unit/hiddenText.test.ts holds the two together. */
const HIDDEN =
  // oxlint-disable-next-line no-misleading-character-class -- marks that combine are what this looks for
  /[\p{Cc}\p{Cf}\p{Co}\p{Cn}\p{Zl}\p{Zp}\u00a0\u034f\u115f\u1160\u1680\u17b4\u17b5\u180b-\u180f\u2000-\u200a\u202f\u205f\u2800\u3000\u3164\ufe00-\ufe0e\uffa0\u{e0100}-\u{e01ef}]/gu;

/**
 * Splits text so that characters which show nothing, or reorder what is shown, can be drawn as marks. What people
 * approve must not read differently from what will run.
 */
export function revealText(text: string): TextPart[] {
  const parts: TextPart[] = [];
  let from = 0;
  for (const match of text.matchAll(HIDDEN)) {
    if (match[0] === "\n" || match[0] === "\t") continue;
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
