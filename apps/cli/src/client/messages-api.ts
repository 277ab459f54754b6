import {
  HoldList,
  HoldView,
  RedactionPage,
  RedactionView,
  RunMessagePage,
  SentRunMessage,
  type PlaceHoldInput,
  type RedactInput,
  type SendRunMessageInput,
} from "@nofx/core/api";
import type { z } from "zod";
import { ask, command, type RequestOptions } from "./request.ts";

/** What is said in runs, and how it is held or destroyed. */
export function messagesApi(options: RequestOptions) {
  const ofRun = (id: string) => `/runs/${encodeURIComponent(id)}/messages`;
  return {
    runMessages: (
      id: string,
      question: { after?: number; limit?: number; type?: string; waitSeconds?: number } = {},
    ) => ask(options, ofRun(id), RunMessagePage, question),
    sendRunMessage: (id: string, input: z.input<typeof SendRunMessageInput>, key: string) =>
      command(options, ofRun(id), SentRunMessage, input, key),
    redact: (input: z.input<typeof RedactInput>, key: string) =>
      command(options, "/redactions", RedactionView, input, key),
    redactions: (question: { limit?: number } = {}) =>
      ask(options, "/redactions", RedactionPage, question),
    redaction: (id: string) => ask(options, `/redactions/${encodeURIComponent(id)}`, RedactionView),
    holds: () => ask(options, "/holds", HoldList),
    placeHold: (input: z.input<typeof PlaceHoldInput>, key: string) =>
      command(options, "/holds", HoldView, input, key),
    liftHold: (id: string, key: string) =>
      command(options, `/holds/${encodeURIComponent(id)}/lift`, HoldView, {}, key),
  };
}
