import { createServer } from "node:http";
import type { AddressInfo } from "node:net";

// A provider that answers at once, and always the same: what is measured is what stands before it.

const usage = { prompt_tokens: 20, completion_tokens: 40, total_tokens: 60 };
const words = Array.from({ length: 40 }, (_, i) => ` word${i}`);
const base = { id: "chatcmpl-bench", created: 1, model: "m" };
const whole = JSON.stringify({
  ...base,
  object: "chat.completion",
  choices: [
    {
      index: 0,
      message: { role: "assistant", content: words.join("") },
      logprobs: null,
      finish_reason: "stop",
    },
  ],
  usage,
});
const chunk = (delta: object, rest: object = {}) =>
  `data: ${JSON.stringify({ ...base, object: "chat.completion.chunk", choices: [{ index: 0, delta, finish_reason: null }], ...rest })}\n\n`;
const chunks = [
  chunk({ role: "assistant", content: "" }),
  ...words.map((content) => chunk({ content })),
  `data: ${JSON.stringify({ ...base, object: "chat.completion.chunk", choices: [{ index: 0, delta: {}, finish_reason: "stop" }] })}\n\n`,
  `data: ${JSON.stringify({ ...base, object: "chat.completion.chunk", choices: [], usage })}\n\n`,
  "data: [DONE]\n\n",
];

const server = createServer((request, response) => {
  let body = "";
  request.on("data", (part: Buffer) => {
    body += part.toString();
  });
  request.on("end", () => {
    if (!body.includes('"stream":true')) {
      response.writeHead(200, {
        "content-type": "application/json",
        "content-length": Buffer.byteLength(whole),
      });
      response.end(whole);
      return;
    }
    response.writeHead(200, { "content-type": "text/event-stream" });
    for (const one of chunks) response.write(one);
    response.end();
  });
});
server.keepAliveTimeout = 60_000;
server.listen(0, "127.0.0.1", () => {
  process.send?.({ port: (server.address() as AddressInfo).port });
});
