import { createUpload, importBacklog, listBacklog, listPacks } from "@nofx/control/backlog";
import {
  BacklogPage,
  CreateUploadInput,
  ImportBacklogInput,
  ImportBacklogResult,
  ListBacklogInput,
  PackList,
  UploadView,
} from "@nofx/core/api";
import type { TRPCRouterRecord } from "@trpc/server";
import { rest, restCommand } from "../openapi-meta.ts";
import { command, importCommand, query } from "../trpc.ts";

export const backlogRouter = {
  import: importCommand
    .meta(
      restCommand("/backlog/import", "backlog", {
        operationId: "importBacklog",
        summary: "Import a backlog document",
        description:
          "All items or none. Give the document itself, its text (JSON or YAML), or the id of a finished upload.",
      }),
    )
    .input(ImportBacklogInput)
    .output(ImportBacklogResult)
    .mutation(({ ctx, input }) => importBacklog(ctx.member, input)),

  list: query
    .meta(
      rest("/backlog", "backlog", { operationId: "listBacklog", summary: "List backlog items" }),
    )
    .input(ListBacklogInput)
    .output(BacklogPage)
    .query(({ ctx, input }) => listBacklog(ctx.member, input)),

  packs: query
    .meta(rest("/backlog/packs", "backlog", { operationId: "listPacks", summary: "List packs" }))
    .output(PackList)
    .query(({ ctx }) => listPacks(ctx.member, {})),

  createUpload: command
    .meta(
      restCommand("/uploads", "backlog", {
        operationId: "createUpload",
        summary: "Announce a file over 4 MB and get a signed address to put it to",
      }),
    )
    .input(CreateUploadInput)
    .output(UploadView)
    .mutation(({ ctx, input }) => createUpload(ctx.member, input)),
} satisfies TRPCRouterRecord;
