import { getArtifact } from "@nofx/control/artifacts";
import {
  cancelRun,
  cancelStep,
  forkRun,
  getRun,
  listRunArtifacts,
  listRunLogs,
  listRuns,
  listRunSteps,
  pauseRun,
  rerunRun,
  resumeRun,
} from "@nofx/control/runs";
import {
  ArtifactList,
  ArtifactView,
  CancelRunInput,
  CancelStepInput,
  CancelStepResult,
  ForkRunInput,
  ForkRunResult,
  ListLogsInput,
  ListRunsInput,
  LogPage,
  PageInput,
  RerunRunInput,
  RunPage,
  RunSummary,
  RunView,
  StepPage,
} from "@nofx/core/api";
import { ArtifactId, RunId } from "@nofx/core/vocabulary";
import type { TRPCRouterRecord } from "@trpc/server";
import { z } from "zod";
import { rest, restCommand } from "../openapi-meta.ts";
import { command, query } from "../trpc.ts";

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

  cancel: command
    .meta(
      restCommand("/runs/{runId}/cancel", "runs", {
        operationId: "cancelRun",
        summary: "Call off a run",
        description:
          "Once this has answered no step of the run begins any more, but for those that undo what was done. Steps that are being executed hear of it with their next heartbeat.",
      }),
    )
    .input(CancelRunInput.extend(OneRun.shape))
    .output(RunSummary)
    .mutation(({ ctx, input }) => cancelRun(ctx.member, input)),

  cancelStep: command
    .meta(
      restCommand("/runs/{runId}/steps/{stepName}/cancel", "runs", {
        operationId: "cancelStep",
        summary: "Call off one step of a run, and with it what needs it",
      }),
    )
    .input(CancelStepInput.extend(OneRun.shape))
    .output(CancelStepResult)
    .mutation(({ ctx, input }) => cancelStep(ctx.member, input)),

  pause: command
    .meta(
      restCommand("/runs/{runId}/pause", "runs", {
        operationId: "pauseRun",
        summary: "Let nothing of a run begin until it is resumed",
      }),
    )
    .input(OneRun)
    .output(RunSummary)
    .mutation(({ ctx, input }) => pauseRun(ctx.member, input)),

  resume: command
    .meta(
      restCommand("/runs/{runId}/resume", "runs", {
        operationId: "resumeRun",
        summary: "Let a paused run go on",
      }),
    )
    .input(OneRun)
    .output(RunSummary)
    .mutation(({ ctx, input }) => resumeRun(ctx.member, input)),

  fork: command
    .meta(
      restCommand("/runs/{runId}/fork", "runs", {
        operationId: "forkRun",
        summary: "Go on with a run that has ended, from steps of it",
        description:
          "These steps run again, with all that needs them and all that had not succeeded or was undone; the rest is taken over as it ended. Edited arguments wait for another person's approval.",
      }),
    )
    .input(ForkRunInput.extend(OneRun.shape))
    .output(ForkRunResult)
    .mutation(({ ctx, input }) => forkRun(ctx.member, input)),

  rerun: command
    .meta(
      restCommand("/runs/{runId}/rerun", "runs", {
        operationId: "rerunRun",
        summary: "Run all of an ended run again, from its start",
      }),
    )
    .input(RerunRunInput.extend(OneRun.shape))
    .output(ForkRunResult)
    .mutation(({ ctx, input }) => rerunRun(ctx.member, input)),
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
