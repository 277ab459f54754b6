// The tools of an MCP server join as steps, one capability each. The server is this file, started once more; put any command
// that speaks MCP over stdio, or `{ url }`, in its place.
//   NOFX_AGENT_KEY=nofx_ak_… node examples/adapters/src/mcp-server.ts
import process from "node:process";
import { fileURLToPath } from "node:url";
import { McpServer } from "@modelcontextprotocol/server";
import { serveStdio } from "@modelcontextprotocol/server/stdio";
import { defineAgent } from "@nofx/sdk";
import { mcpTasks } from "@nofx/sdk/adapters/mcp";
import { z } from "zod";

if (process.argv[2] === "serve") serveStdio(shop);
else await join();

async function join(): Promise<void> {
  await using tools = await mcpTasks({
    server: { command: process.execPath, args: [fileURLToPath(import.meta.url), "serve"] },
    prefix: "shop",
    approve: ({ annotations }) => annotations?.destructiveHint === true,
  });
  await defineAgent({ tasks: tools.tasks, concurrency: 2 }).run({
    url: process.env["NOFX_URL"] ?? "http://127.0.0.1:8790",
    key: process.env["NOFX_AGENT_KEY"] ?? "",
  });
}

function shop(): McpServer {
  const server = new McpServer({ name: "shop", version: "1.0.0" });
  server.registerTool(
    "get_price",
    {
      description: "What an article costs",
      inputSchema: z.object({ article: z.string() }),
      outputSchema: z.object({ cents: z.int() }),
      annotations: { readOnlyHint: true },
    },
    ({ article }) => {
      const price = { cents: article.length * 100 };
      return { content: [{ type: "text", text: JSON.stringify(price) }], structuredContent: price };
    },
  );
  return server;
}
