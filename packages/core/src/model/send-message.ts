import { isTerminalStep } from "../vocabulary/index.ts";
import { markRunning } from "./checkpoint.ts";
import { meetWaits } from "./meet-waits.ts";
import { nextId, ownedStep, tell, type ModelClaim } from "./rows.ts";
import type { EngineModel, ModelMessage } from "./state.ts";

export interface MessageSent {
  readonly toStep: string;
  /** The claim of the step that sends; none: people do. */
  readonly from?: ModelClaim;
  readonly channel?: string;
  readonly payload?: unknown;
  /** What is sent again under this name by the same step is stored once. */
  readonly sentAs?: string;
}

export type MessageAnswer =
  | { readonly ok: true; readonly messageId: string | null; readonly ended: boolean }
  | { readonly ok: false; readonly code: "lease_lost" | "not_found" };

/** Puts a message into a step's mailbox, and wakes the step if it waits for one of that channel. */
export function sendMessage(model: EngineModel, sent: MessageSent, now: number): MessageAnswer {
  const from = sent.from === undefined ? null : ownedStep(model, sent.from, now);
  if (sent.from !== undefined && from === null) return { ok: false, code: "lease_lost" };
  if (from !== null) markRunning(model, from, now);
  const to = model.steps.get(sent.toStep);
  if (to === undefined || (from !== null && from.runId !== to.runId))
    return { ok: false, code: "not_found" };
  const before = model.messages.find(
    (one) => one.sentAs !== null && one.sentAs === sent.sentAs && one.fromStep === from?.id,
  );
  if (before !== undefined) return { ok: true, messageId: before.id, ended: false };
  if (isTerminalStep(to.status)) return { ok: true, messageId: null, ended: true };
  const message: ModelMessage = {
    id: nextId(model, "message"),
    toStep: to.id,
    fromStep: from?.id ?? null,
    channel: sent.channel ?? "default",
    payload: sent.payload ?? null,
    sentAs: sent.sentAs ?? null,
    consumedBy: null,
  };
  model.messages.push(message);
  tell(model, "message.sent", { runId: to.runId, stepId: to.id }, now);
  const waiting = model.waits.find(
    (one) =>
      one.stepId === to.id &&
      one.kind === "message" &&
      one.topic === message.channel &&
      one.status === "open",
  );
  if (waiting !== undefined) {
    const taken = takeMessage(model, waiting.id, to.id, message.channel) ?? message;
    meetWaits(model, [{ waitId: waiting.id, payload: taken.payload, source: taken.id }], now);
  }
  return { ok: true, messageId: message.id, ended: false };
}

/** Takes the oldest message of a channel that nobody has taken. */
export function takeMessage(
  model: EngineModel,
  waitId: string,
  stepId: string,
  channel: string,
): ModelMessage | null {
  const oldest = model.messages.find(
    (one) => one.toStep === stepId && one.channel === channel && one.consumedBy === null,
  );
  if (oldest !== undefined) oldest.consumedBy = waitId;
  return oldest ?? null;
}
