import { z } from "zod";
import { storableText } from "../vocabulary/text.ts";
import { Epoch, Timestamp } from "./values.ts";

export const LogLevel = z.enum(["debug", "info", "warn", "error"]);
export type LogLevel = z.infer<typeof LogLevel>;

export const MAX_LOG_LINES = 500;
export const MAX_LOG_TEXT = 8_000;

/** `seq` counts from 0 within one claim: a line sent twice is stored once. */
export const LogLine = z.strictObject({
  seq: z.int().min(0),
  at: Timestamp,
  level: LogLevel,
  text: storableText(MAX_LOG_TEXT),
});
export type LogLine = z.infer<typeof LogLine>;

/** `POST /steps/{stepId}/logs` */
export const LogRequest = z.strictObject({
  epoch: Epoch,
  lines: z.array(LogLine).min(1).max(MAX_LOG_LINES),
});
export type LogRequest = z.infer<typeof LogRequest>;

/** How many lines were new. */
export const LogResponse = z.object({ stored: z.int().min(0) });
export type LogResponse = z.infer<typeof LogResponse>;
