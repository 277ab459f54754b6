import { getArtifact } from "@nofx/control/artifacts";
import { getRun, listRunArtifacts, listRunLogs, listRuns, listRunSteps } from "@nofx/control/runs";
import {
  ArtifactList,
  ArtifactView,
  ListLogsInput,
  ListRunsInput,
  LogPage,
  PageInput,
  RunPage,
  RunView,
  StepPage,
} from "@nofx/core/api";
import { ArtifactId, RunId } from "@nofx/core/vocabulary";
import type { TRPCRouterRecord } from "@trpc/server";
import { z } from "zod";
import { rest } from "../openapi-meta.ts";
import { query } from "../trpc.ts";

const OneRun = z.object({ runId: RunId });

export const runsRouter = {
  list: query
    .meta(rest("/runs", "runs", { operationId: "listRuns", summary: "List runs" }))
    .input(ListRunsInput)
    .output(RunPage)
    .query(({ ctx, input }) => listRuns(ctx.member, input)),

  get: query
    .meta(rest("/runs/{runId}", "runs", { operationId: "getRun", summary: "One run" }))
    .input(OneRun)
    .output(RunView)
    .query(({ ctx, input }) => getRun(ctx.member, input)),

  steps: query
    .meta(
      rest("/runs/{runId}/steps", "runs", {
        operationId: "listRunSteps",
        summary: "The steps of a run, in plan order",
      }),
    )
    .input(PageInput.extend(OneRun.shape))
    .output(StepPage)
    .query(({ ctx, input }) => listRunSteps(ctx.member, input)),

  logs: query
    .meta(
      rest("/runs/{runId}/logs", "runs", {
        operationId: "listRunLogs",
        summary: "Log lines of a run or of one of its steps",
      }),
    )
    .input(ListLogsInput.extend(OneRun.shape))
    .output(LogPage)
    .query(({ ctx, input }) => listRunLogs(ctx.member, input)),

  artifacts: query
    .meta(
      rest("/runs/{runId}/artifacts", "runs", {
        operationId: "listRunArtifacts",
        summary: "Files that the steps of a run made, with signed addresses",
      }),
    )
    .input(OneRun)
    .output(ArtifactList)
    .query(({ ctx, input }) => listRunArtifacts(ctx.member, input)),
} satisfies TRPCRouterRecord;

export const artifactsRouter = {
  get: query
    .meta(
      rest("/artifacts/{artifactId}", "runs", {
        operationId: "getArtifact",
        summary: "One file, with a signed address",
      }),
    )
    .input(z.object({ artifactId: ArtifactId }))
    .output(ArtifactView)
    .query(({ ctx, input }) => getArtifact(ctx.member, input)),
} satisfies TRPCRouterRecord;
