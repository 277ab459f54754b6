import { TIMED_OUT, type AgentRequest, type MetWait, type WaitResponse } from "@nofx/core/contract";
import { NofxError } from "@nofx/core/errors";
import { wait, type ModelWait, type WaitOption } from "@nofx/core/model";
import { noteQuestion } from "./questions.ts";
import type { PlaneState } from "./state.ts";

type OptionRequest = AgentRequest<"wait">["options"][number];
export type Waiting = Pick<AgentRequest<"wait">, "name" | "timeoutSeconds"> & {
  readonly options: readonly OptionRequest[];
};

/** Waits for the first of several things, once per name. */
export function waitFor(
  state: PlaneState,
  claim: { stepId: string; epoch: number },
  { name, options, timeoutSeconds }: Waiting,
): WaitResponse {
  const { model, time } = state;
  const wanted = options.map((option) => wantedOf(state, option));
  if (timeoutSeconds !== undefined) {
    wanted.push({ option: TIMED_OUT, kind: "timer", seconds: timeoutSeconds });
  }
  const answer = wait(model, claim, name, wanted, time.now);
  if (answer === null) throw new NofxError("lease_lost");
  const asked = model.waits.filter((one) => one.stepId === claim.stepId && one.name === name);
  for (const one of asked) {
    const request = options.find(({ option }) => option === one.option);
    if (request !== undefined) noteWords(state, one, request);
  }
  if (answer.held) return { status: "pending" };
  const met = asked.find((one) => one.status === "met");
  if (met === undefined) throw new Error(`"${name}" was met by nothing.`);
  return { status: "met", met: metOf(state, met) };
}

function wantedOf(state: PlaneState, request: OptionRequest): WaitOption {
  const { option, seconds, until, event, message, person, approval, children } = request;
  if (seconds !== undefined) return { option, kind: "timer", seconds };
  if (until !== undefined) {
    return { option, kind: "timer", seconds: (state.time.at(until) - state.time.now) / 1_000 };
  }
  if (event !== undefined) {
    const key = event.key === undefined ? {} : { key: event.key };
    return { option, kind: "event", topic: event.name, ...key };
  }
  if (message !== undefined) return { option, kind: "message", topic: message.channel };
  if (person !== undefined) return { option, kind: "person" };
  if (approval !== undefined) return { option, kind: "approval" };
  return { option, kind: "children", ...(typeof children === "object" && { children }) };
}

/** What people read of a question that is an option of a wait. */
function noteWords(state: PlaneState, wait: ModelWait, request: OptionRequest): void {
  const { person, approval } = request;
  if (person !== undefined) state.personQuestions.set(wait.id, person);
  if (approval === undefined || wait.approvalId === null) return;
  noteQuestion(state, wait.approvalId, {
    stepId: wait.stepId,
    name: wait.name,
    question: approval.question,
    arguments: approval.details ?? {},
    editable: undefined,
    tool: undefined,
    expiresAt: state.time.now + approval.expiresInSeconds * 1_000,
  });
}

/** What met a wait, in the words of the agent API. */
export function metOf(state: PlaneState, met: ModelWait): MetWait {
  const { model, ids, time } = state;
  const { option } = met;
  const recorded = state.recordedMet.get(met.id);
  if (recorded !== undefined) return recorded;
  switch (met.kind) {
    case "timer":
      return { option, kind: "timer", payload: null };
    case "event": {
      const event = model.externalEvents.find((one) => one.id === met.source);
      return {
        option,
        kind: "event",
        payload: {
          eventId: ids.of("externalEvent", met.source ?? ""),
          name: event?.name ?? met.topic ?? "",
          key: event?.key ?? null,
          sentAt: time.date(event?.sentAt ?? 0).toISOString(),
          payload: met.payload,
        },
      };
    }
    case "message": {
      const message = model.messages.find((one) => one.id === met.source);
      const from = message?.fromStep ?? null;
      return {
        option,
        kind: "message",
        payload: {
          messageId: ids.of("message", met.source ?? ""),
          fromStep: from === null ? null : ids.of("step", from),
          channel: met.topic ?? "default",
          sentAt: time.date(state.sentAt.get(met.source ?? "") ?? 0).toISOString(),
          payload: met.payload,
        },
      };
    }
    case "children":
      return { option, kind: "children", payload: childrenOf(state, met) };
    case "person": {
      const { by, at } = state.answered.get(met.id) ?? { by: "somebody", at: 0 };
      return {
        option,
        kind: "person",
        payload: { answer: met.payload, by, at: time.date(at).toISOString() },
      };
    }
    case "approval": {
      const approvalId = met.approvalId ?? "";
      const question = state.questions.get(approvalId);
      return {
        option,
        kind: "approval",
        payload: {
          approvalId: ids.of("approval", approvalId),
          status: model.approvals.get(approvalId)?.status ?? "cancelled",
          arguments: question?.edited ?? question?.arguments ?? {},
          reason: question?.reason ?? null,
        },
      };
    }
  }
}

function childrenOf(
  { model, ids }: PlaneState,
  { stepId, children }: ModelWait,
): Extract<MetWait, { kind: "children" }>["payload"] {
  const parent = model.steps.get(stepId);
  return [...model.steps.values()]
    .filter((step) => step.parentId === stepId)
    .map((step) => ({ step, name: step.name.slice((parent?.name.length ?? -1) + 1) }))
    .filter(({ name }) => children == null || children.includes(name))
    .map(({ step, name }) => ({
      name,
      stepId: ids.of("step", step.id),
      status: step.status,
      output: step.output ?? null,
      error:
        step.error === null || step.status === "succeeded"
          ? null
          : { ...step.error.said, code: step.error.code, message: step.error.message ?? "" },
    }));
}
