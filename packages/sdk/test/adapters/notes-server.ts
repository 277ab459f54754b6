import { appendFileSync, existsSync, readFileSync, writeFileSync } from "node:fs";
import process from "node:process";
import { acceptedContent, inputRequired, McpServer } from "@modelcontextprotocol/server";
import { serveStdio } from "@modelcontextprotocol/server/stdio";
import { z } from "zod";

// An MCP server as somebody else wrote it. Notes are lines of the file that it is given.

const file = process.argv[2] ?? "";
const notes = () => (existsSync(file) ? readFileSync(file, "utf8").trim().split("\n") : []);
const says = (text: string) => ({ content: [{ type: "text" as const, text }] });

serveStdio(() => {
  const server = new McpServer({ name: "notes", version: "1.0.0" });
  server.registerTool(
    "addNote",
    {
      description: "Adds a note",
      inputSchema: z.object({ text: z.string().min(1) }),
      outputSchema: z.object({ count: z.int() }),
      annotations: { destructiveHint: true },
    },
    ({ text }) => {
      appendFileSync(file, `${text}\n`);
      return { ...says("added"), structuredContent: { count: notes().length } };
    },
  );
  server.registerTool("list_notes", { inputSchema: z.object({}) }, () => says(notes().join("\n")));
  server.registerTool("draw", {}, () => ({
    content: [
      {
        type: "image" as const,
        mimeType: "image/png",
        data: Buffer.from("PNG").toString("base64"),
      },
    ],
  }));
  server.registerTool("refuse", {}, () => ({ ...says("The pen is dry."), isError: true }));
  server.registerTool("crash_once", {}, () => {
    if (existsSync(`${file}.crashed`)) return says(`${process.pid}`);
    writeFileSync(`${file}.crashed`, "");
    process.exit(1);
  });
  server.registerTool("tear_up", {}, (ctx) => {
    const sure = z.object({ sure: z.boolean(), why: z.string() });
    const { inputResponses: told } = ctx.mcpReq;
    if (told === undefined) {
      appendFileSync(file, "asks\n");
      const elicit = inputRequired.elicit({ message: "Tear all up?", requestedSchema: sure });
      return inputRequired({ inputRequests: { sure: elicit }, requestState: "page 1" });
    }
    const answer = acceptedContent(told, "sure", sure);
    return says(
      answer === undefined
        ? "left"
        : `torn: ${answer.why}, ${JSON.stringify(ctx.mcpReq.requestState())}`,
    );
  });
  server.registerTool("hang", {}, async (ctx) => {
    appendFileSync(file, "hangs\n");
    await new Promise((resolve) => ctx.mcpReq.signal.addEventListener("abort", resolve));
    appendFileSync(file, "cancelled\n");
    return says("never read");
  });
  return server;
});
