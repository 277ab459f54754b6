import type { AgentRouteName } from "@nofx/core/contract";

/** Where a process dies. Each point is met once, unless `times` says more. */
export type CrashPoint = { times?: number; step?: string } & (
  | {
      /**
       * Of a checkpoint: before its effect begins; after its effect, before the result is stored; or once the result is stored, before
       * the handler hears of it.
       */
      at: "before_effect" | "after_effect" | "stored";
      checkpoint: string;
    }
  /** Of a step: when it was claimed, before it begins; when its handler has ended, before that is told; or just after. */
  | { at: "claimed" | "before_settle" | "after_settle" }
  /** Of any call of the API: before it is heard, or before its answer is. */
  | { at: "before_call" | "after_call"; call: AgentRouteName }
);

/** What is happening in a process, as far as a crash can be about it. */
export type Moment = { step: string | undefined } & (
  | { at: "before_effect" | "after_effect" | "stored"; checkpoint: string }
  | { at: "claimed" | "before_settle" | "after_settle" }
  | { at: "before_call" | "after_call"; call: AgentRouteName }
);

/** The crashes that are to come. */
export class Crashes {
  readonly #armed: { point: CrashPoint; left: number }[] = [];

  arm(point: CrashPoint): void {
    this.#armed.push({ point, left: point.times ?? 1 });
  }

  /** Points that were never met: a test that counts on one should know. */
  get unmet(): CrashPoint[] {
    return this.#armed.filter(({ left }) => left > 0).map(({ point }) => point);
  }

  /** Whether the process dies here. */
  strikes(moment: Moment): boolean {
    const armed = this.#armed.find(({ point, left }) => left > 0 && isAt(point, moment));
    if (armed === undefined) return false;
    armed.left -= 1;
    return true;
  }
}

function isAt(point: CrashPoint, moment: Moment): boolean {
  if (point.at !== moment.at) return false;
  if (point.step !== undefined && point.step !== moment.step) return false;
  if ("checkpoint" in point)
    return "checkpoint" in moment && point.checkpoint === moment.checkpoint;
  return !("call" in point) || ("call" in moment && point.call === moment.call);
}
