import { meetWaits } from "./meet-waits.ts";
import type { EngineModel } from "./state.ts";

/** A person's answer to a question of kind person. `closed`: another option came first, or the step has ended. */
export function answerWait(
  model: EngineModel,
  waitId: string,
  answer: unknown,
  now: number,
): "met" | "closed" | "not_found" {
  const wait = model.waits.find((one) => one.id === waitId && one.kind === "person");
  if (wait === undefined) return "not_found";
  return meetWaits(model, [{ waitId, payload: answer, source: null }], now).length > 0
    ? "met"
    : "closed";
}
