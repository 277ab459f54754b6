import type { ImportField, ImportFormat } from "@nofx/core/backlog-import";

/** What a person says about a document; the rest is found out. */
export interface ImportSettings {
  format?: ImportFormat;
  pack?: string;
  mapping?: Record<string, ImportField>;
}

export const FORMAT_NAMES: Record<ImportFormat, string> = {
  json: "JSON",
  yaml: "YAML",
  csv: "CSV",
  markdown: "Markdown tasks",
  github: "GitHub issues",
};

/** What a column can be, as people call it. */
export const FIELD_NAMES: Record<ImportField, string> = {
  ignore: "– leave out –",
  id: "Id",
  title: "Title",
  description: "Description",
  type: "Type",
  priority: "Priority",
  labels: "Labels",
  group: "Group (a label)",
  owner: "Owner",
  status: "Status (done is skipped)",
  needs: "Needs",
  blockedBy: "Is blocked by",
  blocks: "Blocks",
  parent: "Parent",
  alias: "Other id",
  kind: "Kind",
  with: "Arguments (JSON)",
  risk: "Risk",
  sensitive: "Sensitive",
};

/** A mapping after one choice: a field that takes one column is taken from the column that had it. */
export function withField(
  columns: readonly { name: string; field: ImportField }[],
  name: string,
  field: ImportField,
  isSingle: (field: ImportField) => boolean,
): Record<string, ImportField> {
  return Object.fromEntries(
    columns.map((column): [string, ImportField] => {
      if (column.name === name) return [name, field];
      return [column.name, column.field === field && isSingle(field) ? "ignore" : column.field];
    }),
  );
}

/** A name as packs have them, from what was typed. */
export function packName(typed: string): string {
  return typed
    .trim()
    .toLowerCase()
    .replaceAll(/[^a-z0-9._-]+/g, "-")
    .replace(/^[^a-z0-9]+/, "")
    .slice(0, 128);
}
