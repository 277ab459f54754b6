// A program as it is, here `wc`, joins as an agent: its input on stdin, its lines as the step's log.
//   NOFX_AGENT_KEY=nofx_ak_… node examples/adapters/src/shell-command.ts
import process from "node:process";
import { defineAgent } from "@nofx/sdk";
import { shellTask } from "@nofx/sdk/adapters/shell";
import { z } from "zod";

const count = shellTask("text.count", {
  input: z.object({ text: z.string(), lines: z.boolean().default(false) }),
  command: ({ lines }) => ["wc", lines ? "-l" : "-w"],
  stdin: ({ text }) => text,
  timeoutSeconds: 60,
});

await defineAgent({ tasks: [count], concurrency: 4 }).run({
  url: process.env["NOFX_URL"] ?? "http://127.0.0.1:8790",
  key: process.env["NOFX_AGENT_KEY"] ?? "",
});
