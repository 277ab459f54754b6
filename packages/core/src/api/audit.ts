import { z } from "zod";
import { AuditDigest } from "../audit/index.ts";
import { PlanId } from "../vocabulary/index.ts";
import { PageInput, pageOf } from "./paging.ts";

/** The text that was hashed, so it keeps its microseconds. */
const Instant = z.string().meta({ example: "2026-11-21T10:00:00.123456Z" });
const Seq = z.int().min(0);

export const AuditEntryView = z.object({
  seq: Seq,
  at: Instant,
  verb: z.string(),
  actor: z.object({
    type: z.enum(["member", "agent", "worker", "system"]),
    id: z.string(),
    name: z.string().nullable().meta({ description: "Of members and agents" }),
  }),
  body: z
    .string()
    .meta({ description: "The exact text that was hashed: ids and digests, in JSON" }),
  hash: z.string(),
  previousHash: z.string(),
});
export type AuditEntryView = z.infer<typeof AuditEntryView>;

export const ListAuditInput = PageInput.extend({
  verb: z
    .string()
    .regex(/^[a-z_]+\.([a-z_]+)?$/)
    .optional()
    .meta({ description: "A verb, or with a dot at its end all that begin so: `plan.`" }),
  actorType: z.enum(["member", "agent", "worker", "system"]).optional(),
  actor: z.string().max(200).optional().meta({ description: "Id or name of who did it" }),
  subject: z
    .string()
    .max(200)
    .optional()
    .meta({ description: "An id that the entry is about: a plan, a run, an approval" }),
  from: z.iso.datetime({ offset: true }).optional(),
  to: z.iso.datetime({ offset: true }).optional(),
  seals: z.coerce.boolean().default(false).meta({ description: "Seals of events too" }),
});
export type ListAuditInput = z.infer<typeof ListAuditInput>;
export const AuditPage = pageOf(AuditEntryView);
export type AuditPage = z.infer<typeof AuditPage>;

export const OneAuditEntry = z.object({ seq: z.coerce.number().int().min(1) });

export const AuditStatus = z.object({
  seq: Seq.meta({ description: "The newest entry" }),
  hash: z.string().nullable(),
  digest: AuditDigest.nullable().meta({ description: "The newest signed digest" }),
  shippedAt: z.iso.datetime({ offset: true }).nullable(),
  unsigned: z.int().meta({ description: "How many entries came after it" }),
});
export type AuditStatus = z.infer<typeof AuditStatus>;

export const AuditHead = z.object({ digest: AuditDigest.nullable() });
export type AuditHead = z.infer<typeof AuditHead>;

const Range = z.object({
  from: z.coerce.number().int().min(1).optional(),
  to: z.coerce
    .number()
    .int()
    .min(1)
    .optional()
    .meta({ description: "The newest entry unless said otherwise" }),
});

export const ExportAuditInput = Range;
/** What an export will hold; its lines are read page by page. */
export const AuditExport = z.object({
  tenant: z.string(),
  from: z.int(),
  to: z.int(),
  kids: z.array(z.string()),
  digests: z.int().meta({ description: "The number of the last digest that belongs to it" }),
});
export type AuditExport = z.infer<typeof AuditExport>;

export const ReadAuditExportInput = z.object({
  from: z.coerce.number().int().min(1),
  to: z.coerce.number().int().min(0),
  digests: z.coerce.number().int().min(0),
  after: z.coerce.number().int().min(0).optional().meta({ description: "The last entry read" }),
  limit: z.coerce.number().int().min(1).max(5_000).default(1_000),
});
export const AuditExportPage = z.object({
  lines: z.array(z.string()),
  entries: z.int(),
  digests: z.int(),
  after: z.int().nullable().meta({ description: "Send it back to read on; null at the end" }),
});
export type AuditExportPage = z.infer<typeof AuditExportPage>;

export const CheckAuditInput = Range;
/** The chain of a range, computed anew by the server. It does not check signatures: that takes a key, and `nofx audit verify`. */
export const AuditCheck = z.object({
  ok: z.boolean(),
  from: z.int(),
  to: z.int(),
  entries: z.int(),
  firstBad: z.object({ seq: z.int().nullable(), why: z.string() }).nullable(),
});
export type AuditCheck = z.infer<typeof AuditCheck>;

export const SnapshotKind = z.enum(["judged", "decided", "overridden", "executed"]);
export type SnapshotKind = z.infer<typeof SnapshotKind>;
export const ListSnapshotsInput = z.object({ planId: PlanId });
export const SnapshotView = z.object({
  planId: PlanId,
  kind: SnapshotKind,
  digest: z.string().regex(/^[0-9a-f]{64}$/),
  size: z.int(),
  at: z.iso.datetime({ offset: true }),
  stored: z.boolean().meta({ description: "In storage; until then in the database" }),
});
export type SnapshotView = z.infer<typeof SnapshotView>;
export const SnapshotList = z.object({ items: z.array(SnapshotView) });
export const OneSnapshot = z.object({ digest: z.string().regex(/^[0-9a-f]{64}$/) });
/** A snapshot with its text: SHA-256 of which is the digest. */
export const SnapshotText = SnapshotView.extend({ text: z.string() });
export type SnapshotText = z.infer<typeof SnapshotText>;
