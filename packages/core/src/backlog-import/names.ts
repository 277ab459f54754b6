/** What is invisible on a screen and yet read by programs: controls, zero-width spaces, text direction, tags. */
const HIDDEN =
  // oxlint-disable-next-line no-control-regex
  /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u00ad\u061c\u180e\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb\u{e0000}-\u{e007f}]/gu;

/** Text without hidden characters, with line ends as everywhere else. */
export function visible(text: string): string {
  return text.replaceAll(/\r\n?/g, "\n").replaceAll(HIDDEN, "");
}

/** Whether `visible` would take something away that is no line end. */
export function hasHidden(text: string): boolean {
  return text.replaceAll(/\r\n?/g, "\n").search(HIDDEN) >= 0;
}

/** An id as items have them, from a key of another system: `PROJ-7` is `proj-7`. Empty when nothing is left. */
export function idOf(text: string): string {
  return plain(text)
    .replaceAll(/[^a-z0-9._-]+/g, "-")
    .replace(/^[^a-z0-9]+/, "")
    .slice(0, 128)
    .replace(/-+$/, "");
}

/** The words of a text, as a name: `Fix the login!` is `fix-the-login`. */
export function slug(text: string, max = 60): string {
  const words = plain(text)
    .replaceAll(/[^a-z0-9]+/g, "-")
    .replace(/^-/, "");
  const cut = words.length <= max ? words : words.slice(0, max).replace(/-[^-]*$/, "");
  return cut.replace(/-$/, "");
}

/**
 * An id for what has nothing but a title: its words, and six digits that differ where the words do not. The same title
 * has the same id, so that a second import finds it.
 */
export function idFromTitle(title: string, sha256: (text: string) => string): string {
  const normal = title.normalize("NFKC").toLowerCase().replaceAll(/\s+/g, " ").trim();
  return [slug(title), sha256(normal).slice(0, 6)].filter((part) => part !== "").join("-");
}

/** A label: without spaces and commas, at most 64 characters. Empty when nothing is left. */
export function labelOf(text: string): string {
  return visible(text)
    .trim()
    .replaceAll(/[\s,]+/g, "-")
    .slice(0, 64)
    .toWellFormed();
}

function plain(text: string): string {
  return text
    .normalize("NFKD")
    .replaceAll(/\p{M}+/gu, "")
    .toLowerCase()
    .trim();
}
