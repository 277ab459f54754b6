import { addressText, replyChannel, targetOf } from "@nofx/core/bus";
import type { Address, AgentRequest, AgentResponse, BusMessage } from "@nofx/core/contract";
import { NofxError } from "@nofx/core/errors";
import { sendMessage } from "@nofx/core/model";
import type { PlaneState } from "./state.ts";

/** A message that was sent on the bus. */
export interface SentOnBus {
  readonly id: string;
  readonly conversation: string;
  readonly fromStep: string | null;
  readonly sentAs: string;
  readonly message: BusMessage;
}

type Content = Pick<AgentRequest<"send">, "type" | "payload" | "class" | "refs" | "causedBy"> & {
  key?: string | undefined;
};

/** To a step's mailbox, or to a channel that others read. The same under its name is sent once. */
export function sendOnBus(
  state: PlaneState,
  {
    from,
    to,
    sentAs,
    ...content
  }: Pick<AgentRequest<"send">, "from" | "sentAs"> & { to: Address } & Content,
): AgentResponse<"send"> {
  const fromStep = from === undefined ? null : heldStep(state, from);
  const before = state.bus.find((one) => one.sentAs === sentAs && one.fromStep === fromStep);
  const sent = before ?? add(state, to, fromStep, from, sentAs, content);
  const { messageId, conversationId, seq } = sent.message;
  return {
    messageId,
    conversationId,
    seq,
    replyChannel: fromStep === null ? null : replyChannel(messageId),
  };
}

/** To whoever sent a message, where that one waits for it. */
export function replyOnBus(
  state: PlaneState,
  messageId: string,
  request: AgentRequest<"reply">,
): AgentResponse<"reply"> {
  const asked = state.bus.find(({ message }) => message.messageId === messageId);
  const mailed = state.model.messages.find(({ id }) => state.ids.of("message", id) === messageId);
  const fromStep = asked?.fromStep ?? mailed?.fromStep ?? null;
  if (fromStep === null) throw new NofxError("recipient_unknown");
  const to: Address = { step: state.ids.of("step", fromStep), channel: replyChannel(messageId) };
  return sendOnBus(state, { ...request, to, causedBy: messageId });
}

/** What a reader has not done with. Nobody waits here: an empty answer is one. */
export function readOnBus(state: PlaneState, request: AgentRequest<"read">): AgentResponse<"read"> {
  const conversation = addressText(request.of);
  const all = state.bus
    .filter((one) => one.conversation === conversation)
    .map(({ message }) => message);
  const reader = `${request.as?.step ?? "agent"} ${request.reader} ${conversation}`;
  const done = Math.max(state.cursors.get(reader) ?? 0, request.done ?? 0);
  state.cursors.set(reader, done);
  const from = request.from ?? done + 1;
  return {
    messages: all.filter(({ seq }) => seq >= from).slice(0, request.max),
    done,
    head: all.length,
    oldest: all.length === 0 ? null : 1,
    redacted: [],
  };
}

function add(
  state: PlaneState,
  to: Address,
  fromStep: string | null,
  from: AgentRequest<"send">["from"],
  sentAs: string,
  content: Content,
): SentOnBus {
  const { ids, time } = state;
  const conversation = addressText(to);
  const target = targetOf(to);
  const inner = target.kind === "step" ? mail(state, to, from, sentAs, content.payload) : undefined;
  const messageId = inner === undefined ? ids.make("message") : ids.of("message", inner);
  const runId = fromStep === null ? undefined : state.model.steps.get(fromStep)?.runId;
  const message: BusMessage = {
    messageId,
    conversationId: ids.of("conversation", conversation),
    seq: 1 + state.bus.filter((one) => one.conversation === conversation).length,
    to: {
      run: to.run ?? null,
      session: to.session ?? null,
      step: to.step ?? null,
      agent: to.agent ?? null,
      channel: to.channel,
    },
    type: content.type,
    version: 1,
    from: {
      kind: "agent",
      name: "test-agent",
      agentId: ids.of("agent", "agent"),
      stepId: fromStep === null ? null : ids.of("step", fromStep),
    },
    correlationId: correlationOf(state, runId ?? "none"),
    causedBy: content.causedBy ?? null,
    sentAt: time.date().toISOString(),
    class: content.class,
    refs: content.refs ?? null,
    key: content.key ?? null,
    payload: content.payload,
    redacted: null,
  };
  const sent = { id: inner ?? messageId, conversation, fromStep, sentAs, message };
  state.bus.push(sent);
  return sent;
}

/** Into the mailbox of a step: a wait of that channel is met by it. Answers the model's id. */
function mail(
  state: PlaneState,
  to: Address,
  from: AgentRequest<"send">["from"],
  sentAs: string,
  payload: unknown,
): string {
  const toStep = state.ids.inner(to.step ?? "");
  const claim =
    from === undefined ? {} : { from: { stepId: state.ids.inner(from.step), epoch: from.epoch } };
  const sent = sendMessage(
    state.model,
    { toStep, channel: to.channel, payload, sentAs, ...claim },
    state.time.now,
  );
  if (!sent.ok) throw new NofxError(sent.code === "not_found" ? "recipient_unknown" : sent.code);
  if (sent.messageId === null) {
    throw new NofxError("conflict", {
      detail: "That step has ended and reads no messages any more.",
    });
  }
  if (!state.sentAt.has(sent.messageId)) state.sentAt.set(sent.messageId, state.time.now);
  return sent.messageId;
}

function heldStep(state: PlaneState, { step, epoch }: { step: string; epoch: number }): string {
  const id = state.ids.inner(step);
  const row = state.model.steps.get(id);
  if (row?.epoch !== epoch || (row.leaseUntil ?? 0) <= state.time.now)
    throw new NofxError("lease_lost");
  return id;
}

/** A uuid that belongs to a run: the same for all of its messages. */
function correlationOf(state: PlaneState, runId: string): string {
  return state.ids.uuid(`correlation ${runId}`);
}
