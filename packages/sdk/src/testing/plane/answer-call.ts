import type { AgentRequest, AgentResponse, AgentRouteName, ClaimedStep } from "@nofx/core/contract";
import { NofxError } from "@nofx/core/errors";
import {
  attemptOf,
  checkpoint,
  fail,
  renew,
  sendMessage,
  settle,
  type Settled,
} from "@nofx/core/model";
import { readOnBus, replyOnBus, sendOnBus } from "./bus.ts";
import { claimSteps } from "./claims.ts";
import { emitEvent } from "./emit-event.ts";
import { spawnChildren } from "./children.ts";
import { announceFile, completeFile } from "./files.ts";
import { askPeople } from "./questions.ts";
import { AGENT, type PlaneState } from "./state.ts";
import { beginUse, endUse } from "./tool-uses.ts";
import { waitFor } from "./waits.ts";

/** One call of the agent API, as it came. */
export interface Call<N extends AgentRouteName = AgentRouteName> {
  readonly name: N;
  readonly params: Readonly<Record<string, string>>;
  readonly body: AgentRequest<N>;
  readonly signal: AbortSignal | undefined;
  /** What the agent of this process offers. */
  readonly capabilities: readonly string[];
}

type Answers = {
  readonly [N in AgentRouteName]?: (
    state: PlaneState,
    call: Call<N>,
  ) => AgentResponse<N> | Promise<AgentResponse<N>>;
};

const FAR = 365 * 86_400_000;

/** What answers each endpoint of the contract, on core's engine in memory. What is not here a test plane does not have. */
const ANSWERS: Answers = {
  whoAmI: (state, { capabilities }) => ({
    agentId: state.ids.of("agent", "agent"),
    name: "test-agent",
    tenantId: state.ids.of("tenant", "tenant"),
    capabilities: [...capabilities],
  }),
  introduce: (state, { body }) => ({
    agentId: state.ids.of("agent", "agent"),
    name: "test-agent",
    status: "active",
    version: body.version,
    known: false,
    maxConcurrency: null,
    notAllowed: [],
  }),
  token: (state, { body }) => ({
    token: `eyJ0.eyJ0.${"t".repeat(86)}`,
    expiresAt: state.time.date(state.time.now + FAR).toISOString(),
    scopes: body.scopes ?? [
      "steps:run",
      "messages:read",
      "messages:write",
      "models:call",
      "artifacts:write",
    ],
  }),
  claim: (state, { body, signal }) => claimSteps(state, body, signal),
  heartbeats: (state, { body }) => ({
    leaseSeconds: state.leaseMs / 1_000,
    steps: body.steps.map((beat) => {
      if (beat.progress !== undefined) state.progress.set(beat.stepId, beat.progress);
      return beatOf(state, beat.stepId, beat.epoch);
    }),
  }),
  heartbeat: (state, { params, body }) => {
    const { stepId = "" } = params;
    if (body.progress !== undefined) state.progress.set(stepId, body.progress);
    const { held, leaseUntil, cancelRequested } = beatOf(state, stepId, body.epoch);
    if (!held || leaseUntil === null) throw new NofxError("lease_lost");
    return { leaseUntil, leaseSeconds: state.leaseMs / 1_000, cancelRequested };
  },
  checkpoint: (state, { params, body }) => {
    const { name, value, undo = null } = body;
    const stored = checkpoint(
      state.model,
      claimOf(state, params, body),
      name,
      value,
      undo,
      state.time.now,
    );
    return orLost(stored);
  },
  approval: (state, { params, body }) =>
    askPeople(state, claimOf(state, params, body).stepId, body),
  toolBegin: (state, { params, body }) =>
    beginUse(state, held(state, params, body), params["tool"] ?? "", body),
  toolEnd: (state, { params, body }) => endUse(state, held(state, params, body), body),
  wait: (state, { params, body }) => waitFor(state, claimOf(state, params, body), body),
  spawn: (state, { params, body }) =>
    spawnChildren(state, claimOf(state, params, body), body.children),
  message: (state, { params, body }) => {
    const { channel, payload, sentAs } = body;
    const from = claimOf(state, params, body);
    const to = { toStep: state.ids.inner(body.to), from, channel, payload, sentAs };
    const sent = sendMessage(state.model, to, state.time.now);
    if (!sent.ok) throw new NofxError(sent.code === "not_found" ? "recipient_unknown" : sent.code);
    if (sent.messageId === null) {
      throw new NofxError("conflict", {
        detail: "That step has ended and reads no messages any more.",
      });
    }
    if (!state.sentAt.has(sent.messageId)) state.sentAt.set(sent.messageId, state.time.now);
    return { messageId: state.ids.of("message", sent.messageId) };
  },
  emit: (state, { params, body }) => emitEvent(state, claimOf(state, params, body), body),
  send: (state, { body }) => sendOnBus(state, body),
  reply: (state, { params, body }) => replyOnBus(state, params["messageId"] ?? "", body),
  read: (state, { body }) => readOnBus(state, body),
  artifact: (state, { params, body }) => announceFile(state, held(state, params, body), body),
  artifactComplete: (state, { params, body }) =>
    completeFile(state, held(state, params, body), params["artifactId"] ?? ""),
  logs: (state, { params, body }) => {
    const stepId = held(state, params, body);
    const lines = state.logs.get(stepId) ?? [];
    state.logs.set(stepId, [...lines, ...body.lines]);
    return { stored: body.lines.length };
  },
  complete: (state, { params, body }) =>
    settled(
      settle(
        state.model,
        AGENT,
        [{ ...claimOf(state, params, body), outcome: "succeeded", output: body.output }],
        state.time.now,
      ),
    ),
  fail: (state, { params, body }) => {
    const { error, retryAfterSeconds } = body;
    const { code, message, ...said } = error;
    const claim = {
      ...claimOf(state, params, body),
      error: { code, message, said },
      ...(retryAfterSeconds !== undefined && { retryAfterMs: retryAfterSeconds * 1_000 }),
    };
    return settled(fail(state.model, AGENT, claim, state.random(), state.time.now));
  },
  release: (state, { params, body }) =>
    settled(
      settle(
        state.model,
        AGENT,
        [{ ...claimOf(state, params, body), outcome: "released" }],
        state.time.now,
      ),
    ),
};

/** Answers one call. Rejects with a NofxError where the control plane would refuse. */
export async function answerCall(state: PlaneState, call: Call): Promise<unknown> {
  const answer = ANSWERS[call.name] as
    | ((state: PlaneState, call: Call) => AgentResponse<AgentRouteName>)
    | undefined;
  if (answer === undefined) {
    throw new NofxError("not_found", {
      detail: `A test plane does not have "${call.name}". docs/sdk/testing.md lists what it has.`,
    });
  }
  return answer(state, call);
}

/** The steps that an answer hands out: what has to be given back when nobody hears it. */
export function handedOut(name: AgentRouteName, answer: unknown): readonly ClaimedStep[] {
  return name === "claim" ? (answer as AgentResponse<"claim">).steps : [];
}

function claimOf(
  state: PlaneState,
  params: Readonly<Record<string, string>>,
  { epoch }: { epoch: number },
) {
  const stepId = state.ids.inner(params["stepId"] ?? "");
  if (!state.model.steps.has(stepId)) throw new NofxError("not_found");
  return { stepId, epoch };
}

/** The step, for what the model does not fence itself. */
function held(
  state: PlaneState,
  params: Readonly<Record<string, string>>,
  body: { epoch: number },
): string {
  const { stepId, epoch } = claimOf(state, params, body);
  const step = state.model.steps.get(stepId);
  const runs = step?.epoch === epoch && (step.leaseUntil ?? 0) > state.time.now;
  if (!runs || attemptOf(state.model, stepId, epoch) === undefined)
    throw new NofxError("lease_lost");
  return stepId;
}

function beatOf(state: PlaneState, stepId: string, epoch: number) {
  const claim = { stepId: state.ids.inner(stepId), epoch };
  const [renewed] = renew(state.model, AGENT, [claim], state.leaseMs, state.time.now);
  const leaseUntil = renewed?.leaseUntil ?? null;
  return {
    stepId,
    held: renewed?.held ?? false,
    leaseUntil: leaseUntil === null ? null : state.time.date(leaseUntil).toISOString(),
    cancelRequested: renewed?.cancelRequested ?? false,
  };
}

function orLost<T>(answer: T | null): T {
  if (answer === null) throw new NofxError("lease_lost");
  return answer;
}

function settled([answer]: Settled[]): AgentResponse<"complete"> {
  if (answer?.result !== "settled" || answer.status === null) throw new NofxError("lease_lost");
  return { status: answer.status };
}
