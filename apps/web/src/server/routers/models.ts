import { listModels } from "@nofx/control/model-router";
import {
  getPriceHistory,
  removeModel,
  setModel,
  setPrice,
  withdrawPrice,
} from "@nofx/control/routing";
import {
  ListModelsInput,
  ModelList,
  ModelView,
  OneModel,
  PriceHistory,
  SetModelInput,
  SetPriceInput,
  WithdrawPriceInput,
} from "@nofx/core/api";
import type { TRPCRouterRecord } from "@trpc/server";
import { rest, restCommand } from "../openapi-meta.ts";
import { command, query } from "../trpc.ts";

const TAG = "models";

export const modelsRouter = {
  list: query
    .meta(
      rest("/models", TAG, {
        operationId: "listModels",
        summary: "Language models that can be asked, and what a token costs",
      }),
    )
    .input(ListModelsInput)
    .output(ModelList)
    .query(({ ctx, input }) => listModels(ctx.member, input)),

  prices: query
    .meta(
      rest("/models/prices", TAG, {
        operationId: "getPriceHistory",
        summary: "All that was ever said of a model's price, and what of it is in force",
      }),
    )
    .input(OneModel)
    .output(PriceHistory)
    .query(({ ctx, input }) => getPriceHistory(ctx.member, input)),

  set: command
    .meta(
      restCommand("/models", TAG, {
        operationId: "setModel",
        summary: "Say what a model is like, as the tenant knows it",
        description:
          "What is left out stays as it was. An unknown model of a known provider is new. For admins.",
      }),
    )
    .input(SetModelInput)
    .output(ModelView)
    .mutation(({ ctx, input }) => setModel(ctx.member, input)),

  remove: command
    .meta(
      restCommand("/models/remove", TAG, {
        operationId: "removeModel",
        summary: "Take back what the tenant has said of a model",
      }),
    )
    .input(OneModel)
    .output(OneModel)
    .mutation(({ ctx, input }) => removeModel(ctx.member, input)),

  setPrice: command
    .meta(
      restCommand("/models/prices", TAG, {
        operationId: "setPrice",
        summary: "Set what a model costs this tenant, from now or an instant to come on",
        description:
          "Nothing is overwritten: a later price, or a withdrawal, takes it back. Calls that were made keep their price. For admins.",
      }),
    )
    .input(SetPriceInput)
    .output(PriceHistory)
    .mutation(({ ctx, input }) => setPrice(ctx.member, input)),

  withdrawPrice: command
    .meta(
      restCommand("/models/prices/withdraw", TAG, {
        operationId: "withdrawPrice",
        summary: "Have the product's price hold again",
      }),
    )
    .input(WithdrawPriceInput)
    .output(PriceHistory)
    .mutation(({ ctx, input }) => withdrawPrice(ctx.member, input)),
} satisfies TRPCRouterRecord;
