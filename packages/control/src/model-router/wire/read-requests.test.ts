import { describe, expect, test } from "vitest";
import { readEmbeddingRequest } from "./embeddings.ts";
import { OpenAiError } from "./openai-error.ts";
import { readChatRequest } from "./read-chat-request.ts";
import { readResponseRequest } from "./read-response-request.ts";

const user = { role: "user", content: "Hi" };
const chat = (rest: object = {}) => ({ model: "p/m", messages: [user], ...rest });
const response = (rest: object = {}) => ({ model: "p/m", input: "Hi", ...rest });
const say = (content: unknown) => chat({ messages: [{ role: "user", content }] });
const fn = (name: string, rest: object = {}) => ({ type: "function", function: { name, ...rest } });
const call = (args: string) => ({
  role: "assistant",
  tool_calls: [{ id: "c1", type: "function", function: { name: "f", arguments: args } }],
});

function refusal(read: (json: unknown) => unknown, json: unknown) {
  try {
    read(json);
  } catch (error) {
    if (!(error instanceof OpenAiError) || error.status !== 400) throw error;
    const { param, code, type } = error.body.error;
    if (type !== "invalid_request_error") throw error;
    return [param, code];
  }
  return "taken";
}

describe("chat completions", () => {
  test.each([
    [null, null, "invalid_type"],
    [{ messages: [user] }, "model", "missing_required_parameter"],
    [{ model: 7, messages: [user] }, "model", "invalid_type"],
    [{ model: "m" }, "messages", "missing_required_parameter"],
    [chat({ messages: [] }), "messages", "invalid_value"],
    [chat({ messages: ["Hi"] }), "messages[0]", "invalid_type"],
    [chat({ messages: [{ role: "robot", content: "Hi" }] }), "messages[0].role", "invalid_value"],
    [
      chat({ messages: [user, { role: "user" }] }),
      "messages[1].content",
      "missing_required_parameter",
    ],
    [say(7), "messages[0].content", "invalid_value"],
    [say([{ type: "text" }]), "messages[0].content[0].text", "missing_required_parameter"],
    [say([{ type: "poem", text: "x" }]), "messages[0].content[0].type", "invalid_value"],
    [
      say([{ type: "image_url", image_url: { url: "file:///etc/passwd" } }]),
      "messages[0].content[0].image_url.url",
      "invalid_value",
    ],
    [
      say([{ type: "image_url", image_url: { url: "data:text/html;base64,AA==" } }]),
      "messages[0].content[0].image_url.url",
      "invalid_value",
    ],
    [
      say([{ type: "file", file: { file_id: "f1" } }]),
      "messages[0].content[0].file",
      "invalid_value",
    ],
    [chat({ temperature: "hot" }), "temperature", "invalid_type"],
    [chat({ temperature: 3 }), "temperature", "invalid_value"],
    [chat({ n: 2 }), "n", "invalid_value"],
    [chat({ max_tokens: 0 }), "max_tokens", "invalid_value"],
    [chat({ stop: [""] }), "stop[0]", "invalid_value"],
    [chat({ stream: "yes" }), "stream", "invalid_type"],
    [chat({ logprobs: true }), "logprobs", "unsupported_parameter"],
    [chat({ functions: [] }), "functions", "unsupported_parameter"],
    [chat({ service_tier: "priority" }), "service_tier", "invalid_value"],
    [chat({ tools: [fn("a b")] }), "tools[0].function.name", "invalid_value"],
    [chat({ tools: [fn("f"), fn("f")] }), "tools[1]", "invalid_value"],
    [chat({ tools: [fn("f")], tool_choice: fn("g") }), "tool_choice", "invalid_value"],
    [chat({ tool_choice: "required" }), "tool_choice", "invalid_value"],
    [
      chat({ response_format: { type: "json_schema" } }),
      "response_format.json_schema",
      "missing_required_parameter",
    ],
    [
      chat({ messages: [user, { role: "tool", tool_call_id: "x", content: "1" }] }),
      "messages[1].tool_call_id",
      "invalid_value",
    ],
  ])("%j is refused for %s", (json, param, code) => {
    expect(refusal(readChatRequest, json)).toEqual([param, code]);
  });

  test("takes nulls, and fields that nobody knows", () => {
    const nulls = Object.fromEntries(
      ["temperature", "stop", "tools", "tool_choice", "n", "user", "seed", "response_format"].map(
        (name) => [name, null],
      ),
    );
    const read = readChatRequest(chat({ ...nulls, logprobs: false, some_day: { x: 1 } }));
    expect(read).toMatchObject({ model: "p/m", stream: false, needs: ["text"] });
    expect(read.options).not.toHaveProperty("temperature");
    expect(read.maxOutputTokens).toBeUndefined();
  });

  test("is read into a call of any provider", () => {
    const read = readChatRequest(
      chat({
        messages: [
          {
            role: "developer",
            content: [
              { type: "text", text: "Be " },
              { type: "text", text: "brief" },
            ],
          },
          user,
          call('{"city":"Rīga"}'),
          { role: "tool", tool_call_id: "c1", content: "11 degrees" },
          {
            role: "user",
            content: [
              { type: "text", text: "And here?" },
              { type: "image_url", image_url: { url: "https://example.org/a.png", detail: "low" } },
              {
                type: "file",
                file: { file_data: "data:application/pdf;base64,JVBERi0=", filename: "a.pdf" },
              },
            ],
          },
        ],
        tools: [fn("f", { description: "F", parameters: { type: "object" }, strict: true })],
        tool_choice: fn("f"),
        parallel_tool_calls: false,
        response_format: {
          type: "json_schema",
          json_schema: { name: "r", schema: { type: "object" } },
        },
        max_completion_tokens: 50,
        max_tokens: 60,
        stop: "END",
        seed: 7,
        reasoning_effort: "low",
        stream: true,
        safety_identifier: "u-1",
      }),
    );
    expect(read.needs).toEqual(["text", "tools", "json", "vision", "reasoning", "streaming"]);
    expect(read.options).toMatchObject({
      prompt: [
        { role: "system", content: "Be brief" },
        { role: "user", content: [{ type: "text", text: "Hi" }] },
        {
          role: "assistant",
          content: [{ type: "tool-call", toolName: "f", input: { city: "Rīga" } }],
        },
        {
          role: "tool",
          content: [{ type: "tool-result", toolName: "f", output: { value: "11 degrees" } }],
        },
        {
          role: "user",
          content: [
            { type: "text" },
            { mediaType: "image/*" },
            { filename: "a.pdf", data: { data: "JVBERi0=" } },
          ],
        },
      ],
      tools: [{ type: "function", name: "f", strict: true, inputSchema: { type: "object" } }],
      toolChoice: { type: "tool", toolName: "f" },
      responseFormat: { type: "json", name: "r", schema: { type: "object" } },
      maxOutputTokens: 50,
      stopSequences: ["END"],
      seed: 7,
      reasoning: "low",
      providerOptions: {
        openai: { parallelToolCalls: false, store: false, safetyIdentifier: "u-1" },
        anthropic: { disableParallelToolUse: true, metadata: { userId: "u-1" } },
      },
    });
  });

  test("what a model once wrote as arguments may be no JSON", () => {
    const result = { role: "tool", tool_call_id: "c1", content: "error" };
    const inputOf = (args: string) => {
      const { prompt } = readChatRequest(chat({ messages: [user, call(args), result] })).options;
      return Reflect.get(prompt[1]?.content[0] ?? {}, "input") as unknown;
    };
    expect(inputOf("")).toEqual({});
    expect(inputOf('{"half": ')).toEqual({ invalid_arguments: '{"half": ' });
    expect(inputOf("[1]")).toEqual({ invalid_arguments: "[1]" });
  });

  test("tokens are rather over- than underestimated", () => {
    const of = (text: string) => readChatRequest(say(text)).inputTokens;
    expect(of("a".repeat(400))).toBe(104);
    expect(of("語".repeat(400))).toBe(404);
  });
});

describe("responses", () => {
  test.each([
    [{ model: "m" }, "input", "missing_required_parameter"],
    [response({ input: [] }), "input", "invalid_value"],
    [response({ input: [{ type: "item_reference", id: "x" }] }), "input[0].type", "invalid_value"],
    [response({ input: [{ role: "user" }] }), "input[0].content", "missing_required_parameter"],
    [
      response({ input: [{ role: "user", content: [{ type: "input_image", file_id: "f" }] }] }),
      "input[0].content[0]",
      "invalid_value",
    ],
    [
      response({ input: [{ type: "function_call_output", call_id: "x", output: "1" }] }),
      "input[0].call_id",
      "invalid_value",
    ],
    [response({ previous_response_id: "resp_1" }), "previous_response_id", "unsupported_parameter"],
    [response({ conversation: { id: "c" } }), "conversation", "unsupported_parameter"],
    [response({ background: true }), "background", "unsupported_parameter"],
    [response({ tools: [{ type: "web_search" }] }), "tools[0].type", "invalid_value"],
    [response({ text: { format: { type: "xml" } } }), "text.format.type", "invalid_value"],
    [response({ reasoning: { effort: "huge" } }), "reasoning.effort", "invalid_value"],
  ])("%j is refused for %s", (json, param, code) => {
    expect(refusal(readResponseRequest, json)).toEqual([param, code]);
  });

  test("seals that are not ours are left out", () => {
    const forged = Buffer.from(JSON.stringify({ openai: { store: true, itemId: 7 } }));
    for (const encrypted_content of [null, "gibberish", forged.toString("base64url")]) {
      const reasoning = { type: "reasoning", id: "rs_1", summary: [], encrypted_content };
      const { options } = readResponseRequest(
        response({ input: [{ role: "user", content: "Hi" }, reasoning] }),
      );
      expect(options.prompt).toHaveLength(1);
    }
  });
});

test.each([
  [{ model: "m" }, "input", "missing_required_parameter"],
  [{ model: "m", input: "" }, "input", "invalid_value"],
  [{ model: "m", input: [[1, 2]] }, "input[0]", "invalid_type"],
  [{ model: "m", input: "x", encoding_format: "hex" }, "encoding_format", "invalid_value"],
  [{ model: "m", input: "x", dimensions: 0 }, "dimensions", "invalid_value"],
])("embeddings: %j is refused for %s", (json, param, code) => {
  expect(refusal(readEmbeddingRequest, json)).toEqual([param, code]);
});
