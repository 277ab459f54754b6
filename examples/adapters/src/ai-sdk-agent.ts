// An agent of the AI SDK joins: people are asked before it pays back, and it goes on where it was after a crash. Its model is
// simulated here; put any model of the AI SDK in its place.
//   NOFX_AGENT_KEY=nofx_ak_… node examples/adapters/src/ai-sdk-agent.ts
import process from "node:process";
import { defineAgent } from "@nofx/sdk";
import { aiTask } from "@nofx/sdk/adapters/ai";
import { tool, ToolLoopAgent } from "ai";
import { MockLanguageModelV4 } from "ai/test";
import { z } from "zod";

const support = aiTask("support.answer", {
  agent: (durable) =>
    new ToolLoopAgent({
      model: durable.model(simulatedModel()),
      instructions: "You help customers with their orders.",
      tools: durable.tools({
        payBack: tool({
          description: "Pays an order back",
          inputSchema: z.object({ order: z.string(), cents: z.int() }),
          needsApproval: true,
          execute: ({ order, cents }) => ({ receipt: `${order}-${cents}` }),
        }),
      }),
    }),
});

await defineAgent({ tasks: [support], concurrency: 2 }).run({
  url: process.env["NOFX_URL"] ?? "http://127.0.0.1:8790",
  key: process.env["NOFX_AGENT_KEY"] ?? "",
});

/** Pays back what it is asked about, and then says so. */
function simulatedModel(): MockLanguageModelV4 {
  return new MockLanguageModelV4({
    doGenerate: async ({ prompt }) => {
      const last = prompt.at(-1);
      const [order = "0"] = /\d+/.exec(JSON.stringify(prompt)) ?? [];
      const payBack = { order, cents: 500 };
      return {
        content:
          last?.role === "tool"
            ? [{ type: "text", text: `Order ${order} is paid back.` }]
            : [
                {
                  type: "tool-call",
                  toolCallId: `pay-${order}`,
                  toolName: "payBack",
                  input: JSON.stringify(payBack),
                },
              ],
        finishReason:
          last?.role === "tool"
            ? { unified: "stop", raw: "stop" }
            : { unified: "tool-calls", raw: "tool_calls" },
        usage: {
          inputTokens: { total: 20, noCache: 20, cacheRead: 0, cacheWrite: 0 },
          outputTokens: { total: 8, text: 8, reasoning: 0 },
        },
        warnings: [],
      };
    },
  });
}
