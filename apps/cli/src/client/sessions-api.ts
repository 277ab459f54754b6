import {
  AgentSessionDetails,
  AgentSessionPage,
  HierarchyPage,
  type HierarchyInput,
  type ListSessionsInput,
} from "@nofx/core/api";
import type { z } from "zod";
import { ask, type RequestOptions } from "./request.ts";

type Unlimited<S extends z.ZodType> = Omit<z.input<S>, "limit" | "runId"> & { limit?: number };

/** Sessions of agents, and the trees of runs. */
export function sessionsApi(options: RequestOptions) {
  return {
    sessions: (question: Unlimited<typeof ListSessionsInput> & { runId?: string }) =>
      ask(options, "/sessions", AgentSessionPage, question),
    agentSession: (sessionId: string) =>
      ask(options, `/sessions/${sessionId}`, AgentSessionDetails),
    hierarchy: (runId: string, question: Unlimited<typeof HierarchyInput> = {}) =>
      ask(options, `/runs/${runId}/hierarchy`, HierarchyPage, question),
  };
}
