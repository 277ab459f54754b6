import { SINGLE_FIELDS, type ImportField, type ImportMapping } from "./fields.ts";

/** Names of columns without spaces and signs, the surest first. */
const NAMES: readonly (readonly [ImportField, readonly string[]])[] = [
  [
    "id",
    ["issuekey", "key", "itemid", "ticketid", "ticket", "id", "issueid", "workitemid", "number"],
  ],
  ["title", ["summary", "title", "name", "taskname", "task", "subject", "item"]],
  ["description", ["description", "body", "details", "content", "notes"]],
  ["type", ["issuetype", "workitemtype", "itemtype", "type", "tracker"]],
  ["kind", ["kind"]],
  ["with", ["with", "arguments"]],
  ["needs", ["needs", "dependson", "dependencies", "dependency", "requires", "predecessors"]],
  [
    "blockedBy",
    [
      "inwardissuelinkblocks",
      "blockedby",
      "isblockedby",
      "outwardissuelinkdepends",
      "outwardissuelinkdependency",
    ],
  ],
  [
    "blocks",
    ["outwardissuelinkblocks", "blocks", "inwardissuelinkdepends", "inwardissuelinkdependency"],
  ],
  ["parent", ["parentkey", "parent", "parentid", "epiclink", "customfieldepiclink"]],
  ["priority", ["priority", "prio", "importance", "severity"]],
  ["labels", ["labels", "label", "tags", "tag"]],
  [
    "group",
    ["components", "component", "group", "epicname", "customfieldepicname", "milestone", "module"],
  ],
  ["owner", ["assignee", "owner", "assignedto", "responsible"]],
  ["risk", ["risk", "risks"]],
  ["sensitive", ["sensitive"]],
  ["status", ["status", "state", "resolution"]],
];

/** What each column probably is, from its name in the header; `ignore` for what says nothing to us. */
export function suggestMapping(columns: readonly string[]): ImportMapping {
  const mapping: [string, ImportField][] = [];
  const byName = new Map<string, string[]>();
  for (const column of new Set(columns)) {
    mapping.push([column, "ignore"]);
    const name = bare(column);
    byName.set(name, [...(byName.get(name) ?? []), column]);
  }
  const found = new Map(mapping);
  for (const [field, names] of NAMES) {
    for (const column of names.flatMap((name) => byName.get(name) ?? [])) {
      const taken = SINGLE_FIELDS.has(field) && [...found.values()].includes(field);
      if (!taken) found.set(column, field);
      else if (field === "id") found.set(column, "alias");
    }
  }
  return Object.fromEntries(found);
}

/** What was taken last time, or is suggested, where nothing else is asked for; a field that is given a column loses the other one. */
export function completeMapping(
  columns: readonly string[],
  asked: ImportMapping,
  kept: ImportMapping = {},
): ImportMapping {
  const given = new Map(Object.entries(asked));
  const takes = new Set([...given.values()].filter((field) => SINGLE_FIELDS.has(field)));
  const before = new Map(Object.entries(kept));
  const suggested = Object.entries(suggestMapping(columns));
  return Object.fromEntries(
    suggested.map(([column, suggestion]): [string, ImportField] => {
      const field = before.get(column) ?? suggestion;
      return [column, given.get(column) ?? (takes.has(field) ? "ignore" : field)];
    }),
  );
}

function bare(column: string): string {
  return column.toLowerCase().replaceAll(/[^\p{L}\p{N}]+/gu, "");
}
