import { getSession, hierarchyOfRun, listSessions } from "@nofx/control/sessions";
import {
  AgentSessionDetails,
  AgentSessionPage,
  HierarchyInput,
  HierarchyPage,
  ListSessionsInput,
} from "@nofx/core/api";
import { SessionId } from "@nofx/core/vocabulary";
import type { TRPCRouterRecord } from "@trpc/server";
import { z } from "zod";
import { rest } from "../openapi-meta.ts";
import { query } from "../trpc.ts";

export const sessionsRouter = {
  list: query
    .meta(
      rest("/sessions", "sessions", {
        operationId: "listSessions",
        summary: "Sessions of agents, newest first",
      }),
    )
    .input(ListSessionsInput)
    .output(AgentSessionPage)
    .query(({ ctx, input }) => listSessions(ctx.member, input)),

  get: query
    .meta(
      rest("/sessions/{sessionId}", "sessions", {
        operationId: "getAgentSession",
        summary: "One session, what its reviewers said and who worked in it",
      }),
    )
    .input(z.object({ sessionId: SessionId }))
    .output(AgentSessionDetails)
    .query(({ ctx, input }) => getSession(ctx.member, input)),
} satisfies TRPCRouterRecord;

export const hierarchyRouter = {
  ofRun: query
    .meta(
      rest("/runs/{runId}/hierarchy", "sessions", {
        operationId: "getHierarchy",
        summary: "Who works below whom in a run, and how it goes",
        description: "Parents before what is below them, subtrees together; a thousand at once.",
      }),
    )
    .input(HierarchyInput)
    .output(HierarchyPage)
    .query(({ ctx, input }) => hierarchyOfRun(ctx.member, input)),
} satisfies TRPCRouterRecord;
