import { suggestMapping, type ImportFormat } from "@nofx/core/backlog-import";

/** How much of a text is looked at to find out what it is. */
const HEAD = 100_000;

/** The format of a backlog text: by the name of its file, else by what it looks like. Whatever looks like nothing else is YAML. */
export function detectFormat(text: string, name = ""): ImportFormat {
  const json = /^\s*[[{]/.test(text);
  if (/\.(?:csv|tsv)$/i.test(name)) return "csv";
  if (/\.(?:md|markdown)$/i.test(name)) return "markdown";
  if (/\.ya?ml$/i.test(name)) return "yaml";
  if (json) return /^\s*\[/.test(text) ? "github" : "json";
  const head = text.slice(0, HEAD);
  if (/^(?:version|pack|items)[ \t]*:/m.test(head)) return "yaml";
  if (/^[ \t]*(?:[-*+]|\d{1,9}[.)]) \[[ xX]\](?:[ \t]|$)/m.test(head)) return "markdown";
  return hasHeader(head) ? "csv" : "yaml";
}

/** Whether the first line names a title and at least one other column. */
function hasHeader(head: string): boolean {
  const line = head.slice(0, 20_000).trimStart().split(/\r?\n/, 1)[0] ?? "";
  return [",", "\t", ";", "|"].some((delimiter) => {
    const columns = line.split(delimiter).map((cell) => cell.trim().replaceAll(/^"|"$/g, ""));
    const fields = Object.values(suggestMapping(columns)).filter((field) => field !== "ignore");
    return columns.length > 1 && fields.includes("title") && fields.length > 1;
  });
}
