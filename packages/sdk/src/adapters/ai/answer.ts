import type { GenerateTextResult, ModelMessage } from "ai";
import { z } from "zod";

const Usage = z.object({ inputTokens: z.number(), outputTokens: z.number() });
export type Usage = z.infer<typeof Usage>;

/** The output of a task that declares none. */
export const AiAnswer = z.object({
  text: z.string(),
  /** Of an agent with an output of its own. */
  output: z.unknown().optional(),
  finishReason: z.string(),
  /** Of all calls of models, also in earlier attempts. */
  usage: Usage,
});
export type AiAnswer = z.infer<typeof AiAnswer>;

/** A use of a tool that the agent wants people to approve. */
export interface OpenApproval {
  approvalId: string;
  toolCallId: string;
  toolName: string;
  input: unknown;
}

/** How an agent came to its end. */
export interface End {
  text: string;
  finishReason: string;
  output?: unknown;
  approvals: OpenApproval[];
}

/** What an agent said, and did, until the next call of its model, or until its end. */
export interface Turn {
  messages: ModelMessage[];
  usage: Usage;
  end: End | null;
}

// oxlint-disable-next-line typescript/no-explicit-any -- of an agent with whatever tools, context and output
export type Result = GenerateTextResult<any, any, any>;

export function usageOf(usage: {
  inputTokens?: number | undefined;
  outputTokens?: number | undefined;
}): Usage {
  return { inputTokens: usage.inputTokens ?? 0, outputTokens: usage.outputTokens ?? 0 };
}

export function endOf(result: Result): End {
  const output = outputOf(result);
  return {
    text: result.text,
    finishReason: result.finishReason,
    // An agent that declares none has its text as output.
    ...(output === undefined || typeof output === "string" ? {} : { output }),
    approvals: result.content.flatMap((part) =>
      part.type === "tool-approval-request" && part.isAutomatic !== true
        ? [
            {
              approvalId: part.approvalId,
              toolCallId: part.toolCall.toolCallId,
              toolName: part.toolCall.toolName,
              input: part.toolCall.input,
            },
          ]
        : [],
    ),
  };
}

/** The getter throws where there is none: an agent that ended with a tool call, say. */
function outputOf(result: Result): unknown {
  try {
    return result.output;
  } catch {
    return undefined;
  }
}
