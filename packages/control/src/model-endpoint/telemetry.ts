import type { Route } from "@nofx/core/model-router";
import { inputTokens, outputTokens } from "@nofx/core/model-router";
import type { Telemetry } from "ai";
import type { Ending } from "./attempt.ts";
import type { CallFrame } from "./call-frame.ts";

// The AI SDK's telemetry, for whoever has registered something that listens to it. Its own events carry prompts, answers and the
// arguments of tools unless they are told not to; ours are made here from numbers and names, so there is nothing to leave out.

/** As `ai` keeps what `registerTelemetry` was given. */
const registered = globalThis as { AI_SDK_TELEMETRY_INTEGRATIONS?: readonly Telemetry[] };

export interface AttemptTrace {
  end(ending: Ending): void;
}

const SILENT: AttemptTrace = { end: () => {} };

/** Tells of one attempt as of one operation of the AI SDK: `chat` or `embeddings`, with its tokens and how it ended. */
export function traceAttempt(frame: CallFrame, attemptId: string, route: Route): AttemptTrace {
  const integrations = registered.AI_SDK_TELEMETRY_INTEGRATIONS ?? [];
  if (integrations.length === 0) return SILENT;
  const tell = (name: keyof Telemetry, event: object) => {
    for (const one of integrations) {
      const callback = one[name] as ((event: object) => unknown) | undefined;
      try {
        void Promise.resolve(callback?.call(one, { ...event, ...NO_CONTENT })).catch(() => {});
      } catch {
        // what listens must not break what it listens to
      }
    }
  };
  const id = {
    callId: attemptId,
    provider: route.provider,
    modelId: route.model,
    runtimeContext: {},
  };
  if (frame.endpoint === "embeddings") {
    tell("onStart", { ...id, operationId: "ai.embedMany", value: [], maxRetries: 0 });
    return {
      end({ usage, failure }) {
        if (failure !== undefined) return tell("onError", { ...id, error: errorOf(failure.code) });
        const tokens = usage === undefined ? undefined : inputTokens(usage);
        return tell("onEnd", {
          ...id,
          operationId: "ai.embedMany",
          value: [],
          embedding: [],
          usage: { tokens },
          warnings: [],
        });
      },
    };
  }
  const operationId = frame.streamed ? "ai.streamText" : "ai.generateText";
  const messages: never[] = [];
  tell("onStart", {
    ...id,
    operationId,
    messages,
    maxRetries: 0,
    maxOutputTokens: frame.maxOutputTokens,
  });
  tell("onStepStart", { ...id, stepNumber: 0, steps: [], messages });
  tell("onLanguageModelCallStart", { ...id, messages });
  return {
    end({ usage, failure, finishReason = "other", status }) {
      if (status === "abandoned") return tell("onAbort", { ...id, steps: [] });
      if (failure !== undefined) return tell("onError", { ...id, error: errorOf(failure.code) });
      const told = {
        ...id,
        stepNumber: 0,
        model: { provider: route.provider, modelId: route.model },
        finishReason,
        content: [],
        text: "",
        files: [],
        toolCalls: [],
        toolResults: [],
        reasoning: [],
        responseId: attemptId,
        request: {},
        response: {},
        performance: {},
        usage: {
          inputTokens: usage === undefined ? undefined : inputTokens(usage),
          outputTokens: usage === undefined ? undefined : outputTokens(usage),
          inputTokenDetails: {
            cacheReadTokens: usage?.cacheRead,
            cacheWriteTokens: usage?.cacheWrite,
          },
          outputTokenDetails: { reasoningTokens: usage?.reasoning },
        },
      };
      tell("onLanguageModelCallEnd", told);
      tell("onStepEnd", told);
      return tell("onEnd", { ...told, finalStep: told, steps: [] });
    },
  };
}

const NO_CONTENT = { recordInputs: false, recordOutputs: false, functionId: "nofx.endpoint" };

/** A code is all that is said: a message may repeat what was sent. */
function errorOf(code: string): Error {
  const error = new Error(code);
  error.name = code;
  delete error.stack;
  return error;
}
