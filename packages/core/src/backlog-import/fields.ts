import { z } from "zod";

/** What a column of a table can be taken for. */
export const ImportField = z.enum([
  "id",
  "alias",
  "title",
  "description",
  "type",
  "kind",
  "with",
  "needs",
  "blockedBy",
  "blocks",
  "parent",
  "priority",
  "labels",
  "group",
  "owner",
  "risk",
  "sensitive",
  "status",
  "ignore",
]);
export type ImportField = z.infer<typeof ImportField>;

/** Which column is what, by the name in the header: columns of one name are one. */
export const ImportMapping = z.record(z.string().max(500), ImportField);
export type ImportMapping = z.infer<typeof ImportMapping>;

/** Fields that take one column only; of the others all columns count together. */
export const SINGLE_FIELDS: ReadonlySet<ImportField> = new Set([
  "id",
  "title",
  "description",
  "type",
  "kind",
  "with",
  "priority",
  "owner",
  "sensitive",
]);

export const ImportFormat = z.enum(["json", "yaml", "csv", "markdown", "github"]);
export type ImportFormat = z.infer<typeof ImportFormat>;

/** Texts of these formats are read up to this size, in bytes of UTF-8. */
export const MAX_IMPORT_BYTES = 10_000_000;
