import {
  DispatchDecisionPage,
  DispatchMeasure,
  DispatchSettingsView,
  StepAgentView,
  WhatIfDispatch,
  type ListDispatchDecisionsInput,
  type MeasureDispatchInput,
  type SetDispatchSettingsInput,
  type WhatIfDispatchInput,
} from "@nofx/core/api";
import type { z } from "zod";
import { ask, command, type RequestOptions } from "./request.ts";

/** The choice of strategies and agents. */
export function dispatchApi(options: RequestOptions) {
  return {
    dispatchDecisions: (
      question: Omit<z.input<typeof ListDispatchDecisionsInput>, "limit"> & { limit?: number },
    ) => ask(options, "/dispatch/decisions", DispatchDecisionPage, question),
    dispatchMeasure: (
      question: Omit<z.input<typeof MeasureDispatchInput>, "days"> & { days?: number },
    ) => ask(options, "/dispatch/measure", DispatchMeasure, question),
    whatIfDispatch: (input: z.input<typeof WhatIfDispatchInput>, key: string) =>
      command(options, "/dispatch/what-if", WhatIfDispatch, input, key),
    dispatchSettings: () => ask(options, "/dispatch/settings", DispatchSettingsView),
    setDispatchSettings: (input: z.input<typeof SetDispatchSettingsInput>, key: string) =>
      command(options, "/dispatch/settings", DispatchSettingsView, input, key),
    stepAgent: (stepId: string) =>
      ask(options, `/steps/${encodeURIComponent(stepId)}/agent`, StepAgentView),
  };
}
