import { NO_USAGE, TokenClass, type Usage } from "../usage.ts";
import { exampleOf } from "./example-of.ts";
import type { SimulatedModel } from "./models.ts";
import { answerWithPlan } from "./plan-answers.ts";
import { randomOf } from "./random.ts";
import { readScript, type SimulatedScript } from "./script.ts";

export interface SimulatedRequest {
  readonly prompt: string;
  readonly seed: number;
  /** How often the model has answered in this conversation. */
  readonly turn?: number;
  /** What was said last; without it the prompt. */
  readonly asked?: string;
  readonly tools?: readonly { readonly name: string; readonly schema: unknown }[];
  readonly toolChoice?: "auto" | "none" | "required" | { readonly name: string };
  /** JSON is wanted, of this schema or of any. */
  readonly json?: { readonly schema?: unknown };
  readonly maxOutputTokens?: number;
  readonly stop?: readonly string[];
  /** Whether it is to think first. */
  readonly thinks?: boolean;
}

export interface SimulatedAnswer {
  readonly ok: true;
  readonly firstTokenMs: number;
  /** Until it is whole. */
  readonly latencyMs: number;
  readonly text: string;
  readonly reasoning: string;
  readonly toolCalls: readonly { readonly name: string; readonly input: unknown }[];
  readonly finish: "stop" | "length" | "tool_calls";
  readonly usage: Usage;
  /** A stream breaks off after so many characters. */
  readonly breakAfter?: number;
}

export interface SimulatedError {
  readonly ok: false;
  readonly latencyMs: number;
  readonly status: number;
  readonly message: string;
  readonly retryAfterSeconds?: number;
}

export type SimulatedOutcome = SimulatedAnswer | SimulatedError;

/** Four characters a token, as English has them about. */
export const tokensIn = (text: string) => Math.ceil(text.length / 4);

/** What a simulated model answers, how long it takes and what it uses: the same for the same seed and request. */
export function simulate(model: SimulatedModel, request: SimulatedRequest): SimulatedOutcome {
  const random = randomOf(`${model.name}\n${request.seed}\n${request.prompt}`);
  // between half and twice the median
  const wait = model.latencyMs * 2 ** (random() * 2 - 1);
  const script = readScript(request.prompt, request.turn ?? 0);
  if (script === "invalid") {
    const message = "The text between <simulate> and </simulate> is no script.";
    return { ok: false, latencyMs: 0, status: 400, message };
  }
  if (script !== undefined) return play(script, model, request, script.latencyMs ?? wait);
  if (random() < model.errorRate) {
    const latencyMs = Math.round(wait);
    return random() < 0.5
      ? { ok: false, latencyMs, status: 503, message: "The simulated model is overloaded." }
      : { ok: false, latencyMs, status: 429, message: "Too many simulated requests." };
  }
  return finished(model, request, wait, makeUp(model, request, random));
}

function play(
  script: SimulatedScript,
  model: SimulatedModel,
  request: SimulatedRequest,
  wait: number,
): SimulatedOutcome {
  const { status, retryAfterSeconds, text, reasoning = "", toolCalls = [], breakAfter } = script;
  if (status !== undefined) {
    return {
      ok: false,
      latencyMs: Math.round(wait),
      status,
      message: `The script says ${status}.`,
      ...(retryAfterSeconds !== undefined && { retryAfterSeconds }),
    };
  }
  const said = text ?? (toolCalls.length > 0 ? "" : says(model));
  const answer = finished(model, request, wait, { text: said, reasoning, toolCalls });
  const usage = Object.fromEntries(
    TokenClass.options.map((of) => [of, script.usage?.[of] ?? answer.usage[of]]),
  ) as Usage;
  return { ...answer, usage, ...(breakAfter !== undefined && { breakAfter }) };
}

type Said = Pick<SimulatedAnswer, "text" | "reasoning" | "toolCalls">;

const says = (model: SimulatedModel) =>
  `This is a simulated answer of simulated/${model.name}, made without any model.`;

function makeUp(model: SimulatedModel, request: SimulatedRequest, random: () => number): Said {
  const reasoning =
    request.thinks === true ? `These are simulated thoughts of simulated/${model.name}.` : "";
  const plan = answerWithPlan(model.planner, request.prompt, random);
  if (plan !== undefined) return { text: plan, reasoning, toolCalls: [] };
  const tool = chosenTool(request);
  if (tool !== undefined) {
    const input = exampleOf(tool.schema, random);
    return { text: "", reasoning, toolCalls: [{ name: tool.name, input }] };
  }
  if (request.json === undefined) return { text: says(model), reasoning, toolCalls: [] };
  const { schema } = request.json;
  const value = schema === undefined ? { simulated: says(model) } : exampleOf(schema, random);
  return { text: JSON.stringify(value), reasoning, toolCalls: [] };
}

/** One that has to be called, or whose name was said last. */
function chosenTool(request: SimulatedRequest) {
  const { tools = [], toolChoice = "auto", asked = request.prompt } = request;
  if (typeof toolChoice === "object") return tools.find(({ name }) => name === toolChoice.name);
  const named = tools.find(({ name }) => asked.includes(name));
  if (toolChoice === "none") return undefined;
  return toolChoice === "required" ? (named ?? tools[0]) : named;
}

/** With what was asked for in limits, time and tokens. */
function finished(
  model: SimulatedModel,
  request: SimulatedRequest,
  wait: number,
  { text: whole, reasoning, toolCalls }: Said,
): SimulatedAnswer {
  const { maxOutputTokens = Infinity, stop = [] } = request;
  const ends = stop.map((one) => whole.indexOf(one)).filter((at) => at !== -1);
  const until = whole.slice(0, Math.min(whole.length, ...ends));
  const room = Math.max(0, maxOutputTokens - tokensIn(reasoning)) * 4;
  const text = until.slice(0, Math.min(until.length, room));
  const called = toolCalls.reduce((sum, call) => sum + tokensIn(JSON.stringify(call)), 0);
  const usage = {
    ...NO_USAGE,
    input: tokensIn(request.prompt),
    output: tokensIn(text) + called,
    reasoning: tokensIn(reasoning),
  };
  const made = usage.output + usage.reasoning;
  const cut = text.length < until.length;
  return {
    ok: true,
    firstTokenMs: Math.round(wait),
    latencyMs: Math.round(wait + (made / model.tokensPerSecond) * 1_000),
    text,
    reasoning,
    toolCalls,
    finish: cut ? "length" : toolCalls.length > 0 ? "tool_calls" : "stop",
    usage,
  };
}
