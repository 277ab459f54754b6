import { z } from "zod";

const FORM = /^([0-9a-f]{2})-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})(-.*)?$/;

/** The parts of a W3C trace context header. Ids are lower-case hex. */
export interface TraceContext {
  readonly traceId: string;
  readonly spanId: string;
  readonly sampled: boolean;
}

/**
 * Reads a `traceparent` as the W3C recommendation (Trace Context, level 1) asks: versions above 00 are read by their
 * first four fields, version ff and ids of zeros are not valid. Undefined when it is none: a bad header is dropped,
 * never an error.
 */
export function parseTraceparent(text: string): TraceContext | undefined {
  const [, version, traceId = "", spanId = "", flags = "", rest] = FORM.exec(text) ?? [];
  if (version === undefined || version === "ff" || (version === "00" && rest !== undefined)) {
    return undefined;
  }
  if (/^0+$/.test(traceId) || /^0+$/.test(spanId)) return undefined;
  return { traceId, spanId, sampled: (Number.parseInt(flags, 16) & 1) === 1 };
}

/** Writes a version 00 `traceparent`. Throws RangeError on ids that are not one. */
export function formatTraceparent({ traceId, spanId, sampled }: TraceContext): string {
  const text = `00-${traceId}-${spanId}-${sampled ? "01" : "00"}`;
  if (parseTraceparent(text) === undefined) throw new RangeError(`not a trace context: ${text}`);
  return text;
}

/** The same trace, one span further in: what goes along with work that this work causes. */
export function childTraceparent(parent: string, spanId: string): string | undefined {
  const context = parseTraceparent(parent);
  return context && formatTraceparent({ ...context, spanId });
}

/** A trace id for a correlation id that came without a trace: the uuid's own 32 digits. */
export function traceIdOf(correlationId: string): string {
  return correlationId.replaceAll("-", "").toLowerCase();
}

export const Traceparent = z
  .string()
  .regex(FORM, "expected a W3C traceparent: 00-<32 hex>-<16 hex>-<2 hex>")
  .refine((text) => parseTraceparent(text) !== undefined, "is not a valid W3C traceparent");
