import { listEvents, sendEvent } from "@nofx/control/events";
import { getSession } from "@nofx/control/members";
import { EventPage, ListEventsInput, SendEventInput, SentEvent, SessionView } from "@nofx/core/api";
import { NofxError } from "@nofx/core/errors";
import type { TRPCRouterRecord } from "@trpc/server";
import { z } from "zod";
import { rest, restCommand } from "../openapi-meta.ts";
import { plane } from "../plane.ts";
import { command, publicProcedure, query } from "../trpc.ts";

export const eventsRouter = {
  list: query
    .meta(
      rest("/events", "events", {
        operationId: "listEvents",
        summary: "What changed, after a sequence number",
      }),
    )
    .input(ListEventsInput)
    .output(EventPage)
    .query(({ ctx, input }) => listEvents(ctx.member, input)),

  send: command
    .meta(
      restCommand("/events", "events", {
        operationId: "sendEvent",
        summary: "Tell waiting steps of something that happened outside",
      }),
    )
    .input(SendEventInput)
    .output(SentEvent)
    .mutation(({ ctx, input }) => sendEvent(ctx.member, input)),
} satisfies TRPCRouterRecord;

export const sessionRouter = {
  get: query
    .meta(
      rest("/session", "session", {
        operationId: "getSession",
        summary: "Who is signed in, in which tenant, with which role",
      }),
    )
    .output(SessionView)
    .query(({ ctx }) => getSession(ctx.member, {})),
} satisfies TRPCRouterRecord;

const Health = z.object({ status: z.literal("ok") });

export const systemRouter = {
  health: publicProcedure
    .meta(
      rest("/health", "system", {
        operationId: "getHealth",
        summary: "Whether this server can answer",
        protect: false,
      }),
    )
    .output(Health)
    .query(async () => {
      await plane()
        .pool.query("select 1")
        .catch((cause: unknown) => {
          throw new NofxError("unavailable", {
            detail: "The database does not answer.",
            retryAfterSeconds: 2,
            cause,
          });
        });
      return { status: "ok" } as const;
    }),
} satisfies TRPCRouterRecord;
