import { picoOfUsd, type PicoUsd } from "@nofx/core/model-router";
import { StepId, toUuid } from "@nofx/core/vocabulary";
import { z } from "zod";
import { openAiError } from "../model-router/wire/index.ts";

/** What a request says in headers, beside what OpenAI's protocol has a place for. */
export interface CallWishes {
  /** A raw uuid. */
  readonly stepId: string | undefined;
  readonly cache: "off" | "exact" | "semantic" | undefined;
  readonly cacheSeconds: number | undefined;
  readonly transcript: "off" | undefined;
  readonly deadlineMs: number | undefined;
  readonly maxAttempts: number | undefined;
  readonly budget: PicoUsd | undefined;
  readonly residency: readonly string[] | undefined;
  readonly qualityFloor: number | undefined;
  readonly stickyKey: string | undefined;
  readonly wrappingUp: boolean;
  readonly traceparent: string | undefined;
}

const HEADERS = {
  "nofx-step-id": StepId,
  "nofx-cache": z.enum(["off", "exact", "semantic"]),
  "nofx-cache-seconds": z.coerce.number().int().min(1).max(2_678_400),
  "nofx-transcript": z.literal("off"),
  "nofx-deadline-ms": z.coerce.number().int().min(100).max(600_000),
  "nofx-max-attempts": z.coerce.number().int().min(1).max(10),
  "nofx-budget-usd": z.string().regex(/^\d{1,9}(\.\d{1,12})?$/, "expected a decimal in USD"),
  "nofx-residency": z.string().regex(/^[a-zA-Z0-9_-]{1,64}(, ?[a-zA-Z0-9_-]{1,64}){0,19}$/),
  "nofx-quality-floor": z.coerce.number().min(0).max(1),
  "nofx-sticky-key": z.string().min(1).max(200),
  "nofx-wrapping-up": z.enum(["true", "false"]),
  traceparent: z.string().regex(/^00-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}$/),
} as const;
type Name = keyof typeof HEADERS;

/** Throws OpenAiError (400) that names the header, but for a broken traceparent: that is left out. */
export function readWishes(headers: Headers): CallWishes {
  const read = <N extends Name>(name: N): z.output<(typeof HEADERS)[N]> | undefined => {
    const value = headers.get(name);
    if (value === null || value === "") return undefined;
    const parsed = HEADERS[name].safeParse(value);
    if (parsed.success) return parsed.data as z.output<(typeof HEADERS)[N]>;
    if (name === "traceparent") return undefined;
    const said = parsed.error.issues[0]?.message ?? "is not valid";
    throw openAiError("invalid_header", `The header ${name}: ${said}.`, 400, { param: name });
  };
  const step = read("nofx-step-id");
  const budget = read("nofx-budget-usd");
  return {
    stepId: step === undefined ? undefined : toUuid("step", step),
    cache: read("nofx-cache"),
    cacheSeconds: read("nofx-cache-seconds"),
    transcript: read("nofx-transcript"),
    deadlineMs: read("nofx-deadline-ms"),
    maxAttempts: read("nofx-max-attempts"),
    budget: budget === undefined ? undefined : picoOfUsd(budget),
    residency: read("nofx-residency")?.split(/, ?/),
    qualityFloor: read("nofx-quality-floor"),
    stickyKey: read("nofx-sticky-key"),
    wrappingUp: read("nofx-wrapping-up") === "true",
    traceparent: read("traceparent"),
  };
}
