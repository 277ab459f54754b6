import { MAX_ERROR_MESSAGE, type AgentErrorCode, type AgentRequest } from "@nofx/core/contract";
import {
  ArtifactError,
  ModelError,
  NameReusedError,
  NofxApiError,
  PermanentError,
  RetryLaterError,
  ToolOutcomeUnknownError,
  ToolRefusedError,
  type FailureClass,
  type StepFailure,
} from "../errors/index.ts";
import { storable, toJson } from "../schema/index.ts";
import type { StepInfo } from "../tasks/index.ts";
import type { Stage } from "./stages.ts";

const MAX_AT = 200;

/** What the server is told of a failure. */
export function failRequest(
  error: unknown,
  stage: Stage,
  info: StepInfo,
): Omit<AgentRequest<"fail">, "epoch"> {
  const failure = stepFailure(error, stage, info);
  const { message, attempt, at } = failure;
  const hasData = Object.keys(failure.data).length > 0;
  const after = retryAfter(error);
  return {
    error: {
      code: codeOf(error),
      message,
      stage: failure.stage,
      class: failure.class,
      attempt,
      ...(at === null ? {} : { at: storable(at).slice(0, MAX_AT).toWellFormed() }),
      ...(hasData ? { data: failure.data } : {}),
    },
    ...(after === undefined ? {} : { retryAfterSeconds: Math.min(86_400, Math.max(0, after)) }),
  };
}

/** An error as data. */
export function stepFailure(error: unknown, { stage, at }: Stage, info: StepInfo): StepFailure {
  const text = error instanceof Error ? error.message || error.name : String(error);
  const told =
    PermanentError.is(error) || RetryLaterError.is(error) || isOverQuota(error)
      ? error.data
      : undefined;
  return {
    tag: "StepFailure",
    step: info.name,
    attempt: info.attempt,
    stage,
    at,
    class: classOf(error),
    code: ModelError.is(error) || NofxApiError.is(error) ? error.code : codeOf(error),
    message:
      storable(text).slice(0, MAX_ERROR_MESSAGE).toWellFormed() || "failed without a message",
    data: safeData(told),
  };
}

/** Only what the class says is retryable is tried again. */
export function isFinal(error: unknown): boolean {
  return classOf(error) !== "retryable";
}

function codeOf(error: unknown): AgentErrorCode {
  if (isOverQuota(error)) return "quota_exceeded";
  return isFinal(error) ? "agent_permanent_error" : "agent_error";
}

function classOf(error: unknown): FailureClass {
  if (ModelError.is(error)) return error.class;
  if (ToolRefusedError.is(error) || ToolOutcomeUnknownError.is(error)) return "policy";
  if (isOverQuota(error)) return "budget";
  if (PermanentError.is(error) || NameReusedError.is(error) || isRefusal(error)) return "permanent";
  if (ArtifactError.is(error) && (error.reason === "missing" || error.reason === "ambiguous")) {
    return "permanent";
  }
  return "retryable";
}

/** What a spawn wants is more than is left: its data say of what. */
function isOverQuota(error: unknown): error is NofxApiError {
  return NofxApiError.is(error) && error.code === "quota_exceeded";
}

/** The server understood the request and will refuse it every time. */
export function isRefusal(error: unknown): error is NofxApiError {
  return NofxApiError.is(error) && REFUSALS.has(error.code);
}
const REFUSALS = new Set<string>([
  "invalid_input",
  "input_mismatch",
  "payload_too_large",
  "scope_missing",
  "recipient_unknown",
  "channel_forbidden",
  "message_type_unknown",
  "message_invalid",
]);

function retryAfter(error: unknown): number | undefined {
  if (RetryLaterError.is(error)) return error.afterSeconds;
  return ModelError.is(error) ? error.retryAfterSeconds : undefined;
}

/** Data that cannot be stored is left out: it must not keep the failure itself from being told. */
function safeData(data: Record<string, unknown> | undefined): Record<string, unknown> {
  if (data === undefined) return {};
  try {
    return toJson(data, "data") as Record<string, unknown>;
  } catch {
    return {};
  }
}
