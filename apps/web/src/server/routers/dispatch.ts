import {
  explainStepAgent,
  getDispatchSettings,
  listDecisions,
  measureDispatch,
  setDispatchSettings,
  whatIfDispatch,
} from "@nofx/control/dispatch";
import {
  DispatchDecisionPage,
  DispatchMeasure,
  DispatchSettingsView,
  ListDispatchDecisionsInput,
  MeasureDispatchInput,
  SetDispatchSettingsInput,
  StepAgentInput,
  StepAgentView,
  WhatIfDispatch,
  WhatIfDispatchInput,
} from "@nofx/core/api";
import type { TRPCRouterRecord } from "@trpc/server";
import { z } from "zod";
import { rest, restCommand, restQuestion } from "../openapi-meta.ts";
import { ask, command, query } from "../trpc.ts";

const TAG = "dispatch";

export const dispatchRouter = {
  decisions: query
    .meta(
      rest("/dispatch/decisions", TAG, {
        operationId: "listDispatchDecisions",
        summary: "Which strategies were chosen, why and by which numbers, and how that ended",
      }),
    )
    .input(ListDispatchDecisionsInput)
    .output(DispatchDecisionPage)
    .query(({ ctx, input }) => listDecisions(ctx.member, input)),

  measure: query
    .meta(
      rest("/dispatch/measure", TAG, {
        operationId: "measureDispatch",
        summary: "What choosing on evidence brings beyond choosing at random, with an interval",
        description:
          "By the hold-out, which is chosen at random. `not_shown` where the interval holds 0, `too_few` below 20 outcomes of either.",
      }),
    )
    .input(MeasureDispatchInput)
    .output(DispatchMeasure)
    .query(({ ctx, input }) => measureDispatch(ctx.member, input)),

  whatIf: ask
    .meta(
      restQuestion("/dispatch/what-if", TAG, {
        operationId: "whatIfDispatch",
        summary: "Which strategy and agents such work would most likely get, and why",
        description: "Nothing is stored.",
      }),
    )
    .input(WhatIfDispatchInput)
    .output(WhatIfDispatch)
    .mutation(({ ctx, input }) => whatIfDispatch(ctx.member, input)),

  settings: query
    .meta(
      rest("/dispatch/settings", TAG, {
        operationId: "getDispatchSettings",
        summary: "The share of hold-out, and what success and time are worth",
      }),
    )
    .input(z.object({}))
    .output(DispatchSettingsView)
    .query(({ ctx }) => getDispatchSettings(ctx.member)),

  setSettings: command
    .meta(
      restCommand("/dispatch/settings", TAG, {
        operationId: "setDispatchSettings",
        summary: "Change how strategies are chosen",
        description: "What is left out stays. The next choice goes by it. For admins.",
      }),
    )
    .input(SetDispatchSettingsInput)
    .output(DispatchSettingsView)
    .mutation(({ ctx, input }) => setDispatchSettings(ctx.member, input)),

  stepAgent: query
    .meta(
      rest("/steps/{stepId}/agent", TAG, {
        operationId: "explainStepAgent",
        summary: "For which agent a step was meant, who took it, and why",
      }),
    )
    .input(StepAgentInput)
    .output(StepAgentView)
    .query(({ ctx, input }) => explainStepAgent(ctx.member, input)),
} satisfies TRPCRouterRecord;
