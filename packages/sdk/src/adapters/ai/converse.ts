import type { ModelMessage } from "ai";
import type { TaskContext } from "../../tasks/index.ts";
import {
  endOf,
  usageOf,
  type AiAnswer,
  type OpenApproval,
  type Turn,
  type Usage,
} from "./answer.ts";
import { followTurns, type AnyAgent } from "./turns.ts";

/** Goes on with a conversation until the agent has ended or asks people; adds to `messages` what was said. */
type GoOn = (messages: ModelMessage[]) => Promise<{ end: NonNullable<Turn["end"]>; usage: Usage }>;

/** Each turn is a checkpoint: another attempt goes on after the last one. */
export function byTurns(ctx: TaskContext, agent: AnyAgent, options: unknown): GoOn {
  let turns = 0;
  return async (messages) => {
    const used = { inputTokens: 0, outputTokens: 0 };
    let live: ReturnType<typeof followTurns> | undefined;
    try {
      for (;;) {
        const turn = await ctx.step("turn", { key: ++turns }, () => {
          live ??= followTurns(ctx, agent, [...messages], options);
          return live.next();
        });
        messages.push(...turn.messages);
        add(used, turn.usage);
        if (turn.end !== null) return { end: turn.end, usage: used };
      }
    } finally {
      live?.stop();
    }
  };
}

/** Each call of the model and each use of a tool is one, by what the agent was made with: it begins anew, and finds them. */
export function byCalls(ctx: TaskContext, agent: AnyAgent, options: unknown): GoOn {
  return async (messages) => {
    const result = await agent.generate({
      messages: [...messages],
      options,
      abortSignal: ctx.signal,
    });
    messages.push(...result.responseMessages);
    return { end: endOf(result), usage: usageOf(result.totalUsage) };
  };
}

/** Tools that ask for approval ask people, and the agent goes on with their answer. */
export async function converse(
  ctx: TaskContext,
  goOn: GoOn,
  begin: readonly ModelMessage[],
): Promise<AiAnswer> {
  const messages = [...begin];
  const used = { inputTokens: 0, outputTokens: 0 };
  for (;;) {
    const { end, usage } = await goOn(messages);
    add(used, usage);
    const { approvals, ...answer } = end;
    if (approvals.length === 0) return { ...answer, usage: used };
    const content = [];
    for (const approval of approvals) content.push(await askPeople(ctx, approval));
    messages.push({ role: "tool", content });
  }
}

async function askPeople(
  ctx: TaskContext,
  { approvalId, toolCallId, toolName, input }: OpenApproval,
) {
  const isObject = typeof input === "object" && input !== null && !Array.isArray(input);
  const answer = await ctx.approve("tool", {
    key: toolCallId,
    question: `Use ${toolName} exactly as shown?`,
    ask: isObject ? (input as Record<string, unknown>) : { input },
  });
  const approved = answer.status === "approved";
  const reason = answer.reason ?? (approved ? undefined : `People's answer: ${answer.status}.`);
  return {
    type: "tool-approval-response" as const,
    approvalId,
    approved,
    ...(reason === undefined ? {} : { reason }),
  };
}

function add(sum: Usage, usage: Usage): void {
  sum.inputTokens += usage.inputTokens;
  sum.outputTokens += usage.outputTokens;
}
