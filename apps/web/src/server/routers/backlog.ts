import {
  createUpload,
  editBacklog,
  importBacklog,
  listBacklog,
  listPacks,
  moveBacklogItem,
  previewBacklog,
  selectBacklog,
} from "@nofx/control/backlog";
import {
  BacklogPage,
  BacklogPreview,
  BacklogSelection,
  CreateUploadInput,
  EditBacklogInput,
  EditBacklogResult,
  ImportBacklogInput,
  ImportBacklogResult,
  ListBacklogInput,
  MoveBacklogItemInput,
  MoveBacklogItemResult,
  PackList,
  PreviewBacklogInput,
  SelectBacklogInput,
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
        summary: "Import a backlog",
        description:
          "All items or none, or with `skipInvalid` those that are right. Give the document itself, its text (JSON, YAML, CSV, " +
          "Markdown tasks, issues exported from GitHub), or the id of a finished upload.",
      }),
    )
    .input(ImportBacklogInput)
    .output(ImportBacklogResult)
    .mutation(({ ctx, input }) => importBacklog(ctx.member, input)),

  // a question; a command by its method alone, as texts are too long for an address
  preview: importCommand
    .meta(
      restCommand("/backlog/preview", "backlog", {
        operationId: "previewBacklog",
        summary:
          "What an import would make of a text: columns, rows, what is wrong; writes nothing",
      }),
    )
    .input(PreviewBacklogInput)
    .output(BacklogPreview)
    .mutation(({ ctx, input }) => previewBacklog(ctx.member, input)),

  edit: command
    .meta(
      restCommand("/backlog/edit", "backlog", {
        operationId: "editBacklog",
        summary: "Add and remove labels and set the priority of many items",
      }),
    )
    .input(EditBacklogInput)
    .output(EditBacklogResult)
    .mutation(({ ctx, input }) => editBacklog(ctx.member, input)),

  move: command
    .meta(
      restCommand("/backlog/move", "backlog", {
        operationId: "moveBacklogItem",
        summary: "Put an item before or after another one of its pack",
      }),
    )
    .input(MoveBacklogItemInput)
    .output(MoveBacklogItemResult)
    .mutation(({ ctx, input }) => moveBacklogItem(ctx.member, input)),

  selection: query
    .meta(
      rest("/backlog/selection", "backlog", {
        operationId: "selectBacklog",
        summary: "Names of all items that a filter finds, for a change of many",
      }),
    )
    .input(SelectBacklogInput)
    .output(BacklogSelection)
    .query(({ ctx, input }) => selectBacklog(ctx.member, input)),

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
