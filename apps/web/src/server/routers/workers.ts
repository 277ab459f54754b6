import { drainWorker, listWorkers, pullPlug, undrainWorker } from "@nofx/control/workers";
import {
  ListWorkersInput,
  OneWorkerInput,
  PulledPlug,
  PullPlugInput,
  WorkerPage,
  WorkerView,
} from "@nofx/core/api";
import type { TRPCRouterRecord } from "@trpc/server";
import { rest, restCommand } from "../openapi-meta.ts";
import { command, query } from "../trpc.ts";

export const workersRouter = {
  list: query
    .meta(
      rest("/workers", "workers", {
        operationId: "listWorkers",
        summary: "The plane's workers, by name",
      }),
    )
    .input(ListWorkersInput)
    .output(WorkerPage)
    .query(({ ctx, input }) => listWorkers(ctx.member, input)),

  drain: command
    .meta(
      restCommand("/workers/{name}/drain", "workers", {
        operationId: "drainWorker",
        summary: "Let a worker end what it holds and claim nothing more",
      }),
    )
    .input(OneWorkerInput)
    .output(WorkerView)
    .mutation(({ ctx, input }) => drainWorker(ctx.member, input)),

  undrain: command
    .meta(
      restCommand("/workers/{name}/undrain", "workers", {
        operationId: "undrainWorker",
        summary: "Let a drained worker claim again",
      }),
    )
    .input(OneWorkerInput)
    .output(WorkerView)
    .mutation(({ ctx, input }) => undrainWorker(ctx.member, input)),

  pullPlug: command
    .meta(
      restCommand("/runs/{runId}/pull-plug", "workers", {
        operationId: "pullPlug",
        summary: "Freeze the worker that holds a step of the run, on a local stack only",
      }),
    )
    .input(PullPlugInput)
    .output(PulledPlug)
    .mutation(({ ctx, input }) => pullPlug(ctx.member, input)),
} satisfies TRPCRouterRecord;
