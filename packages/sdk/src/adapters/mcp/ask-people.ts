import {
  fromJsonSchema,
  type InputRequests,
  type InputResponse,
  type InputResponses,
} from "@modelcontextprotocol/client";
import { permanent } from "../../errors/index.ts";
import type { StandardSchema } from "../../schema/index.ts";
import { approval, type AnyObject, type TaskContext } from "../../tasks/index.ts";

interface Property {
  readonly type?: string;
  readonly default?: unknown;
}

/** What a tool asks for while it runs, as people answer it. The tool is not kept waiting: it is called again with the answers. */
export async function askPeople(
  ctx: TaskContext,
  tool: string,
  round: number,
  requests: InputRequests,
): Promise<InputResponses> {
  const answers: Record<string, InputResponse> = {};
  for (const [id, request] of Object.entries(requests)) {
    if (request.method !== "elicitation/create" || request.params.mode === "url") {
      throw permanent(`${tool} asks for ${request.method}, which nobody here can give.`, {
        data: { tool, method: request.method },
      });
    }
    const { message, requestedSchema } = request.params;
    const asked = approval("input").decide(
      fromJsonSchema(requestedSchema as never) as StandardSchema as AnyObject,
    );
    const answer = await ctx.approve(asked, {
      key: `${round} ${id}`,
      question: message,
      ask: filledIn(requestedSchema.properties as Record<string, Property>),
    });
    answers[id] =
      answer.status === "approved" || answer.status === "modified"
        ? { action: "accept", content: answer.decision as never }
        : { action: answer.status === "rejected" ? "decline" : "cancel" };
  }
  return answers;
}

/** What a yes without changes says: the defaults, and yes to what can only be yes or no. */
function filledIn(properties: Record<string, Property>): Record<string, unknown> {
  const filled = Object.entries(properties).map(
    ([name, { type, default: byDefault }]) =>
      [name, byDefault ?? (type === "boolean" ? true : undefined)] as const,
  );
  return Object.fromEntries(filled.filter(([, value]) => value !== undefined));
}
