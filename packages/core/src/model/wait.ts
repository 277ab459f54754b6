import { WAIT_HOLD } from "../machine/index.ts";
import { holdMask, holdsOf, isTerminalStep, type WaitKind } from "../vocabulary/index.ts";
import { markRunning } from "./checkpoint.ts";
import { childrenLeft, childrenOf } from "./children-ended.ts";
import { finish } from "./finish.ts";
import { meetWait, type Meeting } from "./meet-waits.ts";
import { mustMove } from "./move-step.ts";
import { openQuestion } from "./open-question.ts";
import { nextId, ownedStep, runOf, tell, type ModelClaim } from "./rows.ts";
import { takeMessage } from "./send-message.ts";
import type { EngineModel, ModelStep, ModelWait } from "./state.ts";

export interface WaitOption {
  readonly option: string;
  readonly kind: WaitKind;
  /** Of a timer. */
  readonly seconds?: number;
  /** The event's name or the message's channel. */
  readonly topic?: string;
  readonly key?: string;
  /** Of children: those that are waited for, by name; all, without it. */
  readonly children?: readonly string[];
}

export interface WaitAnswer {
  /** The step was put on hold, and the executor stops. */
  readonly held: boolean;
  readonly met: string | null;
  readonly kind: WaitKind | null;
  readonly payload: unknown;
}

/**
 * Registers what a step waits for and looks whether it is there already, as one act. A question that was answered before under
 * this name gets the answer that it got. `null`: lease_lost.
 */
export function wait(
  model: EngineModel,
  claim: ModelClaim,
  name: string,
  options: readonly WaitOption[],
  now: number,
): WaitAnswer | null {
  const step = ownedStep(model, claim, now);
  if (step === null) return null;
  const asked = () => model.waits.filter((one) => one.stepId === step.id && one.name === name);
  const before = asked().find((one) => one.status === "met");
  if (before !== undefined) {
    markRunning(model, step, now);
    return answerOf(before);
  }
  for (const option of options) {
    if (asked().every((one) => one.option !== option.option))
      model.waits.push(openWait(model, step, name, option, asked().length, now));
  }
  for (const one of asked().filter((other) => other.status === "open")) {
    const meeting = lookFor(model, step, one, now);
    if (meeting === null) continue;
    meetWait(model, one, meeting);
    markRunning(model, step, now);
    tell(model, "wait.met", { runId: step.runId, stepId: step.id }, now);
    return answerOf(one);
  }
  const kinds = asked()
    .filter((one) => one.status === "open")
    .map((one) => WAIT_HOLD[one.kind]);
  tell(model, "wait.opened", { runId: step.runId, stepId: step.id }, now);
  suspend(model, step, holdMask(kinds), now);
  return { held: true, met: null, kind: null, payload: null };
}

/** Puts the step on hold and ends its claim. One whose cancel was asked for ends instead: nobody would tell it later. */
export function suspend(model: EngineModel, step: ModelStep, mask: number, now: number): void {
  const fence = { epoch: step.epoch, leaseRuns: true };
  mustMove(model, step, { type: "suspend", holds: holdsOf(mask), ...fence }, { now });
  if (isTerminalStep(step.status)) finish(model, [], [step.id], now);
}

function answerOf(wait: ModelWait): WaitAnswer {
  return { held: false, met: wait.option, kind: wait.kind, payload: wait.payload };
}

function openWait(
  model: EngineModel,
  step: ModelStep,
  name: string,
  option: WaitOption,
  position: number,
  now: number,
): ModelWait {
  return {
    id: nextId(model, "wait"),
    runId: step.runId,
    stepId: step.id,
    name,
    option: option.option,
    position,
    kind: option.kind,
    topic: option.topic ?? null,
    key: option.key ?? null,
    children: option.children ?? null,
    dueAt: option.kind === "timer" ? now + (option.seconds ?? 0) * 1_000 : null,
    approvalId:
      option.kind === "approval"
        ? openQuestion(model, step, `${name} · ${option.option}`, "").id
        : null,
    status: "open",
    payload: null,
    source: null,
  };
}

/** What is there already; null: nothing. */
function lookFor(
  model: EngineModel,
  step: ModelStep,
  wait: ModelWait,
  now: number,
): Omit<Meeting, "waitId"> | null {
  switch (wait.kind) {
    case "timer":
      return (wait.dueAt ?? 0) <= now ? { payload: null, source: null } : null;
    case "event": {
      const { createdAt } = runOf(model, step.runId);
      const event = model.externalEvents.find(
        (one) =>
          one.tenantId === step.tenantId &&
          one.name === wait.topic &&
          (wait.key === null || one.key === wait.key) &&
          (one.runId === null || one.runId === step.runId) &&
          one.sentAt >= createdAt &&
          !model.waits.some((other) => other.stepId === step.id && other.source === one.id),
      );
      return event === undefined ? null : { payload: event.payload, source: event.id };
    }
    case "message": {
      const message = takeMessage(model, wait.id, step.id, wait.topic ?? "");
      return message === null ? null : { payload: message.payload, source: message.id };
    }
    case "children":
      return childrenLeft(model, step, wait) === 0
        ? { payload: { children: childrenOf(model, step.id, wait.children) }, source: null }
        : null;
    case "approval": {
      const approval = model.approvals.get(wait.approvalId ?? "");
      return approval === undefined || approval.status === "pending"
        ? null
        : { payload: { status: approval.status }, source: null };
    }
    case "person":
      return null;
  }
}
