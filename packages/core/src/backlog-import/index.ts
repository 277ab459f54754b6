export type { Draft, DraftRow, Warning } from "./draft.ts";
export {
  ImportField,
  ImportFormat,
  ImportMapping,
  MAX_IMPORT_BYTES,
  SINGLE_FIELDS,
} from "./fields.ts";
export { linkRows } from "./link-rows.ts";
export { slug } from "./names.ts";
export { looksLikeIssues, readIssues } from "./read-issues.ts";
export { orderAfterImport } from "./order-after-import.ts";
export { readTable, type Table } from "./read-table.ts";
export { readTasks, type Task } from "./read-tasks.ts";
export { sortOut, type SortedOut } from "./sort-out.ts";
export { completeMapping, suggestMapping } from "./suggest-mapping.ts";
export { unguardCell, writeCsv } from "./write-table.ts";
