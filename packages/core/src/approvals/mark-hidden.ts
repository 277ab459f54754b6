/**
 * What shows nothing, or reorders what is shown: C0 and C1 controls, soft hyphen, joiners, fillers, direction marks, isolates and
 * overrides, separators, variation selectors, tags, annotation marks, spaces that look like the plain one, and unassigned or
 * private places.
 */
const HIDDEN =
  // oxlint-disable-next-line no-misleading-character-class -- marks that combine are what this looks for
  /[\p{Cc}\p{Cf}\p{Co}\p{Cn}\p{Zl}\p{Zp}\u00a0\u034f\u115f\u1160\u1680\u17b4\u17b5\u180b-\u180f\u2000-\u200a\u202f\u205f\u2800\u3000\u3164\ufe00-\ufe0e\uffa0\u{e0100}-\u{e01ef}]/gu;

const PLAIN = new Set(["\n", "\t"]);

/** Text with every character that would go unseen, or turn round what is seen, written out: `⟨U+202E⟩`. */
export function markHidden(text: string): string {
  return text
    .toWellFormed()
    .replace(HIDDEN, (char) => (PLAIN.has(char) ? char : `⟨U+${hex(char)}⟩`));
}

/** Whether anything in a JSON value, keys included, would go unseen. */
export function hidesSomething(value: unknown): boolean {
  if (typeof value === "string") return markHidden(value) !== value;
  if (Array.isArray(value)) return value.some(hidesSomething);
  if (typeof value !== "object" || value === null) return false;
  return Object.entries(value).some(([key, one]) => hidesSomething(key) || hidesSomething(one));
}

function hex(char: string): string {
  return (char.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, "0");
}
