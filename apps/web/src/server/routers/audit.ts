import {
  checkAudit,
  exportAudit,
  getAuditEntry,
  getAuditHead,
  getAuditStatus,
  getSnapshot,
  listAudit,
  listSnapshots,
  readAuditExport,
  requestDigest,
} from "@nofx/control/audit";
import {
  AuditCheck,
  AuditEntryView,
  AuditExport,
  AuditExportPage,
  AuditHead,
  AuditPage,
  AuditStatus,
  CheckAuditInput,
  ExportAuditInput,
  ListAuditInput,
  ListSnapshotsInput,
  OneAuditEntry,
  OneSnapshot,
  ReadAuditExportInput,
  SnapshotList,
  SnapshotText,
} from "@nofx/core/api";
import type { TRPCRouterRecord } from "@trpc/server";
import { z } from "zod";
import { rest, restCommand } from "../openapi-meta.ts";
import { command, query } from "../trpc.ts";

const TAG = "audit";

export const auditRouter = {
  list: query
    .meta(rest("/audit", TAG, { operationId: "listAudit", summary: "The audit log, newest first" }))
    .input(ListAuditInput)
    .output(AuditPage)
    .query(({ ctx, input }) => listAudit(ctx.member, input)),

  get: query
    .meta(
      rest("/audit/entries/{seq}", TAG, {
        operationId: "getAuditEntry",
        summary: "One entry of the audit log",
      }),
    )
    .input(OneAuditEntry)
    .output(AuditEntryView)
    .query(({ ctx, input }) => getAuditEntry(ctx.member, input)),

  status: query
    .meta(
      rest("/audit/status", TAG, {
        operationId: "getAuditStatus",
        summary: "How far the audit chain has come, and how far it is signed",
      }),
    )
    .input(z.object({}))
    .output(AuditStatus)
    .query(({ ctx }) => getAuditStatus(ctx.member)),

  head: query
    .meta(
      rest("/audit/head", TAG, {
        operationId: "getAuditHead",
        summary: "The newest signed digest: what to keep outside",
      }),
    )
    .input(z.object({}))
    .output(AuditHead)
    .query(({ ctx }) => getAuditHead(ctx.member)),

  sign: command
    .meta(
      restCommand("/audit/head", TAG, {
        operationId: "requestAuditDigest",
        summary: "Have a digest signed now; it is there within seconds",
      }),
    )
    .input(z.object({}))
    .output(AuditHead)
    .mutation(({ ctx, input }) => requestDigest(ctx.member, input)),

  check: query
    .meta(
      rest("/audit/check", TAG, {
        operationId: "checkAudit",
        summary: "Compute the chain of a range anew",
        description:
          "The last 50,000 entries at most, and no signatures: `nofx audit verify` checks an export of any size with your key.",
      }),
    )
    .input(CheckAuditInput)
    .output(AuditCheck)
    .query(({ ctx, input }) => checkAudit(ctx.member, input)),

  export: command
    .meta(
      restCommand("/audit/export", TAG, {
        operationId: "exportAudit",
        summary: "Begin an export; the log notes it",
      }),
    )
    .input(ExportAuditInput)
    .output(AuditExport)
    .mutation(({ ctx, input }) => exportAudit(ctx.member, input)),

  lines: query
    .meta(
      rest("/audit/export", TAG, {
        operationId: "readAuditExport",
        summary: "The next lines of an export, in the format nofx.audit.export.v1",
      }),
    )
    .input(ReadAuditExportInput)
    .output(AuditExportPage)
    .query(({ ctx, input }) => readAuditExport(ctx.member, input)),

  snapshots: query
    .meta(
      rest("/plans/{planId}/snapshots", TAG, {
        operationId: "listSnapshots",
        summary: "What was kept of a plan each time something was decided about it",
      }),
    )
    .input(ListSnapshotsInput)
    .output(SnapshotList)
    .query(({ ctx, input }) => listSnapshots(ctx.member, input)),

  snapshot: query
    .meta(
      rest("/snapshots/{digest}", TAG, {
        operationId: "getSnapshot",
        summary: "One snapshot with its text",
      }),
    )
    .input(OneSnapshot)
    .output(SnapshotText)
    .query(({ ctx, input }) => getSnapshot(ctx.member, input)),
} satisfies TRPCRouterRecord;
