import {
  listHealth,
  listProviders,
  probeModel,
  removeProvider,
  setProvider,
  switchProvider,
} from "@nofx/control/routing";
import {
  ListHealthInput,
  ModelHealthList,
  OneProvider,
  ProbeInput,
  ProbeResult,
  ProviderList,
  ProviderView,
  SetProviderInput,
  SwitchProviderInput,
} from "@nofx/core/api";
import type { TRPCRouterRecord } from "@trpc/server";
import { z } from "zod";
import { rest, restCommand } from "../openapi-meta.ts";
import { command, query } from "../trpc.ts";

const TAG = "providers";

export const providersRouter = {
  list: query
    .meta(
      rest("/providers", TAG, {
        operationId: "listProviders",
        summary: "Who provides models, and how they are called",
      }),
    )
    .input(z.object({}))
    .output(ProviderList)
    .query(({ ctx }) => listProviders(ctx.member)),

  health: query
    .meta(
      rest("/providers/health", TAG, {
        operationId: "listProviderHealth",
        summary: "How the models that were called did in the last 60 minutes",
      }),
    )
    .input(ListHealthInput)
    .output(ModelHealthList)
    .query(({ ctx, input }) => listHealth(ctx.member, input)),

  set: command
    .meta(
      restCommand("/providers/{name}", TAG, {
        operationId: "setProvider",
        summary: "Say how a provider is called, all of it at once",
        description:
          "The tenant's own stands in place of the product's of that name, one row a region. Its key is put into the vault. For admins.",
      }),
    )
    .input(SetProviderInput)
    .output(ProviderView)
    .mutation(({ ctx, input }) => setProvider(ctx.member, input)),

  switch: command
    .meta(
      restCommand("/providers/{name}/switch", TAG, {
        operationId: "switchProvider",
        summary: "Switch a provider on or off",
      }),
    )
    .input(SwitchProviderInput)
    .output(ProviderView)
    .mutation(({ ctx, input }) => switchProvider(ctx.member, input)),

  remove: command
    .meta(
      restCommand("/providers/{name}/remove", TAG, {
        operationId: "removeProvider",
        summary: "Take back what the tenant has said of a provider",
        description: "One of the product is as it came again. Its keys stay in the vault.",
      }),
    )
    .input(OneProvider)
    .output(OneProvider)
    .mutation(({ ctx, input }) => removeProvider(ctx.member, input)),

  probe: command
    .meta(
      restCommand("/providers/{name}/probe", TAG, {
        operationId: "probeModel",
        summary: "Ask a model a word now, to learn whether it answers",
        description: "Costs a few tokens. Its health learns of the answer.",
      }),
    )
    .input(ProbeInput)
    .output(ProbeResult)
    .mutation(({ ctx, input }) => probeModel(ctx.member, input)),
} satisfies TRPCRouterRecord;
