// Whatever answers chat completions (a model server, a gateway, another team's agent) joins as an agent. Without MODEL_URL
// it is a stand-in in this process that repeats what it is asked.
//   MODEL_URL=http://127.0.0.1:11434/v1 MODEL=llama3 NOFX_AGENT_KEY=nofx_ak_… node examples/adapters/src/openai-endpoint.ts
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import process from "node:process";
import { text } from "node:stream/consumers";
import { defineAgent } from "@nofx/sdk";
import { openaiTask } from "@nofx/sdk/adapters/openai";
import { z } from "zod";

const translate = openaiTask("text.translate", {
  url: process.env["MODEL_URL"] ?? (await startStandIn()),
  key: process.env["MODEL_KEY"],
  model: process.env["MODEL"] ?? "stand-in",
  instructions: "Translate into the language that is asked for.",
  input: z.object({ text: z.string(), language: z.string() }),
  prompt: (input) => `Into ${input.language}: ${input.text}`,
  output: z.object({ translation: z.string() }),
});

await defineAgent({ tasks: [translate], concurrency: 2 }).run({
  url: process.env["NOFX_URL"] ?? "http://127.0.0.1:8790",
  key: process.env["NOFX_AGENT_KEY"] ?? "",
});

async function startStandIn(): Promise<string> {
  const server = createServer((request, response) => {
    void text(request).then((body) => {
      const { messages } = JSON.parse(body) as { messages: { content: string }[] };
      const content = JSON.stringify({ translation: `(${messages.at(-1)?.content})` });
      const message = { role: "assistant", content };
      response.setHeader("content-type", "application/json");
      response.end(JSON.stringify({ choices: [{ index: 0, finish_reason: "stop", message }] }));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  server.unref();
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`;
}
