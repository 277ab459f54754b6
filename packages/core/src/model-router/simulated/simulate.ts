import { NO_USAGE, type Usage } from "../usage.ts";
import type { SimulatedModel } from "./models.ts";
import { answerWithPlan } from "./plan-answers.ts";
import { randomOf } from "./random.ts";

export interface SimulatedRequest {
  readonly prompt: string;
  readonly seed: number;
}

export type SimulatedOutcome =
  | { ok: true; latencyMs: number; text: string; usage: Usage }
  | { ok: false; latencyMs: number; status: number; message: string };

/** Four characters a token, as English has them about. */
export const tokensIn = (text: string) => Math.ceil(text.length / 4);

/** What a simulated model answers, how long it takes and what it uses: the same for the same seed and request. */
export function simulate(model: SimulatedModel, request: SimulatedRequest): SimulatedOutcome {
  const random = randomOf(`${model.name}\n${request.seed}\n${request.prompt}`);
  // between half and twice the median
  const wait = model.latencyMs * 2 ** (random() * 2 - 1);
  if (random() < model.errorRate) {
    const latencyMs = Math.round(wait);
    return random() < 0.5
      ? { ok: false, latencyMs, status: 503, message: "The simulated model is overloaded." }
      : { ok: false, latencyMs, status: 429, message: "Too many simulated requests." };
  }
  const text =
    answerWithPlan(model.planner, request.prompt, random) ??
    `This is a simulated answer of simulated/${model.name}, made without any model.`;
  const usage = { ...NO_USAGE, input: tokensIn(request.prompt), output: tokensIn(text) };
  const latencyMs = Math.round(wait + (usage.output / model.tokensPerSecond) * 1_000);
  return { ok: true, latencyMs, text, usage };
}
