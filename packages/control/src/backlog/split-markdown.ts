/** A part of a Markdown document that can be parsed alone. */
export interface MarkdownPart {
  readonly text: string;
  /** Lines before it. */
  readonly line: number;
  readonly lines: number;
}

const BULLET = /^[-*+] /;
const NUMBER = /^\d{1,9}[.)] /;
const FENCE = /^ {0,3}(```+|~~~+)/;

/**
 * Cuts a document before headings and items of outermost lists, outside of blocks of code, into parts of about so many lines: a
 * parser takes time with the square of the items in a list. A list that is cut is two lists with the same items.
 */
export function splitMarkdown(text: string, about: number): MarkdownPart[] {
  const lines = text.split("\n");
  const parts: MarkdownPart[] = [];
  let from = 0;
  let fence: string | undefined;
  const cut = (to: number) => {
    parts.push({ text: lines.slice(from, to).join("\n"), line: from, lines: to - from });
    from = to;
  };
  lines.forEach((line, at) => {
    const mark = FENCE.exec(line)?.[1];
    if (fence === undefined && at - from >= about && mayCut(line, lines[at - 1] ?? "")) cut(at);
    if (mark === undefined) return;
    if (fence === undefined) fence = mark;
    else if (mark.startsWith(fence)) fence = undefined;
  });
  cut(lines.length);
  return parts;
}

/** A number in a paragraph begins no list. */
function mayCut(line: string, before: string): boolean {
  if (BULLET.test(line) || /^#{1,6} /.test(line)) return true;
  return NUMBER.test(line) && (before.trim() === "" || NUMBER.test(before));
}
