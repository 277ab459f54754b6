import { z } from "zod";
import { ImportField, ImportFormat, ImportMapping } from "../backlog-import/fields.ts";
import { Priority, StepName, UploadId } from "../vocabulary/index.ts";

const source = {
  text: z.string().optional(),
  uploadId: UploadId.optional(),
  format: z.enum(["auto", ...ImportFormat.options]).default("auto"),
  name: z.string().max(500).optional().meta({
    description: "Name of the file: its ending says what is in it",
  }),
  mapping: ImportMapping.optional().meta({
    description: "CSV: what columns are, by their names; for others what their names suggest",
  }),
  pack: StepName.optional().meta({
    description: "The pack of a format that names none; otherwise in place of the one it names",
  }),
};

/** Give the document itself, its text, or the id of a finished upload. */
export const ImportBacklogInput = z
  .object({
    document: z.record(z.string(), z.unknown()).optional(),
    ...source,
    skipInvalid: z.boolean().default(false).meta({
      description: "Import the rows that are right and answer the others",
    }),
    dryRun: z.boolean().default(false).meta({ description: "Validate and count; write nothing" }),
  })
  .refine(
    (input) =>
      [input.document, input.text, input.uploadId].filter((one) => one !== undefined).length === 1,
    { message: "give exactly one of document, text and uploadId" },
  );
export type ImportBacklogInput = z.infer<typeof ImportBacklogInput>;

export const PreviewBacklogInput = z
  .object(source)
  .refine((input) => (input.text === undefined) !== (input.uploadId === undefined), {
    message: "give either text or uploadId",
  });
export type PreviewBacklogInput = z.infer<typeof PreviewBacklogInput>;

const place = z.int().meta({
  description: "As people count in the file: a row of the table, a line, the number of an issue",
});

export const ImportWarning = z.object({
  message: z.string(),
  count: z.int(),
  places: z.array(z.int()),
});
export type ImportWarning = z.infer<typeof ImportWarning>;

const RowIssue = z.object({ field: z.string(), message: z.string() });

/** A row that was not imported, as it stands in the file. */
export const RefusedRow = z.object({
  place,
  item: z.string(),
  title: z.string(),
  issues: z.array(RowIssue),
  cells: z.array(z.string()).nullable(),
});
export type RefusedRow = z.infer<typeof RefusedRow>;

export const ImportBacklogResult = z.object({
  pack: z.string(),
  format: ImportFormat,
  items: z.int(),
  created: z.int(),
  updated: z.int(),
  unchanged: z.int(),
  skipped: z.int().meta({ description: "Rows that are done already" }),
  refused: z.int(),
  refusedRows: z.array(RefusedRow).meta({ description: "The first 1,000" }),
  columns: z.array(z.string()).meta({ description: "What the cells of refused rows are" }),
  warnings: z.array(ImportWarning),
  dryRun: z.boolean(),
});
export type ImportBacklogResult = z.infer<typeof ImportBacklogResult>;

export const PreviewColumn = z.object({
  name: z.string(),
  count: z.int().meta({ description: "Columns of that name" }),
  samples: z.array(z.string()),
  field: ImportField,
});
export type PreviewColumn = z.infer<typeof PreviewColumn>;

export const PreviewRow = z.object({
  place,
  id: z.string(),
  title: z.string(),
  what: z.string(),
  priority: Priority.nullable(),
  labels: z.array(z.string()),
  needs: z.array(z.string()),
  owner: z.string().nullable(),
  state: z.enum(["created", "updated", "unchanged", "refused"]),
  issues: z.array(RowIssue),
});
export type PreviewRow = z.infer<typeof PreviewRow>;

export const BacklogPreview = z.object({
  format: ImportFormat,
  counts: z.enum(["row", "line", "issue", "item"]).meta({ description: "What a place is" }),
  pack: z.string().nullable().meta({ description: "Given, named in the file, or suggested by it" }),
  columns: z.array(PreviewColumn),
  delimiter: z.string().nullable(),
  remembered: z.boolean().meta({ description: "The mapping is that of the last such import" }),
  missing: z.array(ImportField).meta({ description: "Fields that some column has to be" }),
  items: z.int(),
  created: z.int(),
  updated: z.int(),
  unchanged: z.int(),
  skipped: z.int(),
  refused: z.int(),
  rows: z.array(PreviewRow).meta({ description: "The first 100, and the first 100 refused ones" }),
  issues: z.array(z.string()).meta({ description: "What is wrong beside the rows" }),
  warnings: z.array(ImportWarning),
});
export type BacklogPreview = z.infer<typeof BacklogPreview>;
