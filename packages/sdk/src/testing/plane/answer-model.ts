import type { ModelCall, SimulatedAnswer, SimulatedModel } from "./models.ts";
import { changed, type PlaneState } from "./state.ts";

type Message = ModelCall["messages"][number];

/** `POST …/chat/completions`, answered by the model that the test gave under that name, or under `*`. */
export async function answerModel(state: PlaneState, init: RequestInit): Promise<Response> {
  const request = JSON.parse(typeof init.body === "string" ? init.body : "{}") as Record<
    string,
    unknown
  >;
  const name = typeof request["model"] === "string" ? request["model"] : "auto";
  const call: ModelCall = {
    stepId: new Headers(init.headers).get("nofx-step-id"),
    model: name,
    messages: Array.isArray(request["messages"]) ? (request["messages"] as Message[]) : [],
    request,
    n: state.modelCalls.length + 1,
  };
  const model = state.models[name] ?? state.models["*"];
  if (model === undefined) {
    return refusal(
      404,
      "model_not_found",
      `No simulated model "${name}": give one to createTestPlane({ models }).`,
    );
  }
  const before = state.modelCalls.filter((one) => one.model === name).length;
  state.modelCalls.push(call);
  const answer = await answerOf(model, call, before);
  changed(state);
  if (typeof answer !== "string" && "refuse" in answer) {
    const { status, code, message = code } = answer.refuse;
    return refusal(status, code, message);
  }
  return completion(state, call, typeof answer === "string" ? { text: answer } : answer);
}

async function answerOf(
  model: SimulatedModel,
  call: ModelCall,
  before: number,
): Promise<SimulatedAnswer> {
  if (typeof model === "function") return model(call);
  if (!isList(model)) return model;
  const answer = model[Math.min(before, model.length - 1)];
  if (answer === undefined) throw new Error(`The simulated model "${call.model}" has no answers.`);
  return answer;
}

function isList(model: Exclude<SimulatedModel, Function>): model is readonly SimulatedAnswer[] {
  return Array.isArray(model);
}

function completion(
  state: PlaneState,
  call: ModelCall,
  answer: Exclude<SimulatedAnswer, string | { refuse: unknown }>,
): Response {
  const { text = null, toolCalls = [], costUsd = "0" } = answer;
  const input = answer.inputTokens ?? Math.ceil(JSON.stringify(call.messages).length / 4);
  const output = answer.outputTokens ?? Math.ceil((text ?? "").length / 4);
  const id = state.ids.make("modelCall");
  const body = {
    id,
    object: "chat.completion",
    created: Math.floor(state.time.date().getTime() / 1_000),
    model: call.model,
    choices: [
      {
        index: 0,
        message: {
          role: "assistant",
          content: text,
          refusal: null,
          ...(toolCalls.length > 0 && {
            tool_calls: toolCalls.map((one, i) => ({
              id: `call_${call.n}_${i + 1}`,
              type: "function",
              function: { name: one.name, arguments: JSON.stringify(one.arguments) },
            })),
          }),
        },
        logprobs: null,
        finish_reason: toolCalls.length > 0 ? "tool_calls" : "stop",
      },
    ],
    usage: {
      prompt_tokens: input,
      completion_tokens: output,
      total_tokens: input + output,
      prompt_tokens_details: { cached_tokens: 0, cache_write_tokens: 0, audio_tokens: 0 },
      completion_tokens_details: {
        reasoning_tokens: 0,
        audio_tokens: 0,
        accepted_prediction_tokens: 0,
        rejected_prediction_tokens: 0,
      },
    },
  };
  return Response.json(body, {
    headers: {
      "nofx-call-id": id,
      "nofx-provider": "simulated",
      "nofx-model": call.model,
      "nofx-cost-usd": costUsd,
    },
  });
}

function refusal(status: number, code: string, message: string): Response {
  const error = {
    message,
    type: status < 500 ? "invalid_request_error" : "server_error",
    param: null,
    code,
  };
  return Response.json({ error }, { status });
}
