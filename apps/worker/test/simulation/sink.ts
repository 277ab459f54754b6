import { isTerminalStep } from "@nofx/core/vocabulary";
import type { World } from "./world.ts";

/**
 * The outside world: takes calls with an idempotency key and a fencing token, keeps the highest token of each key and refuses
 * lower ones, as a resource does that can be fenced.
 */
export class Sink {
  readonly #world: World;
  readonly #highest = new Map<string, number>();
  readonly #committed = new Set<string>();

  constructor(world: World) {
    this.#world = world;
  }

  /** One call, under the step's key. False: a newer attempt has been here. */
  call(stepId: string, token: number): boolean {
    const highest = this.#highest.get(stepId) ?? 0;
    if (token < highest) {
      this.#world.count("effectsRefused");
      return false;
    }
    this.#highest.set(stepId, token);
    if (this.#committed.has(stepId)) this.#world.blame(`${stepId} had an effect after its success`);
    this.#lookBack(stepId);
    return true;
  }

  /** The success of a step is committed: its effect must be there, by this attempt and by no newer one. */
  committed(stepId: string, epoch: number): void {
    this.#committed.add(stepId);
    const highest = this.#highest.get(stepId);
    if (highest !== epoch) {
      this.#world.blame(`${stepId} committed as ${epoch}, its effect is of ${highest ?? "nobody"}`);
    }
  }

  /** I6: what the step needs has happened before its effect. */
  #lookBack(stepId: string): void {
    const { model } = this.#world;
    for (const { dependsOn, required } of model.dependencies.filter(
      (one) => one.stepId === stepId,
    )) {
      const status = model.steps.get(dependsOn)?.status ?? "queued";
      if (required ? status === "succeeded" : isTerminalStep(status)) continue;
      this.#world.blame(`I6: ${stepId} had an effect while ${dependsOn} is ${status}`);
    }
  }
}
