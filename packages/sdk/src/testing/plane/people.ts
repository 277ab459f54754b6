import { transitionApproval, type ApprovalEvent } from "@nofx/core/machine";
import { answerWait, decideApproval, type ModelApproval } from "@nofx/core/model";
import type { MemberRole } from "@nofx/core/vocabulary";
import { NofxError } from "@nofx/core/errors";
import { z } from "zod";
import { isOpen, sweep } from "./sweep.ts";
import type { PlaneState, Question } from "./state.ts";

/** A question that is open, as people see it. */
export interface OpenQuestion {
  readonly kind: "approval" | "person";
  readonly name: string;
  readonly step: string;
  readonly question: string;
  readonly arguments: Readonly<Record<string, unknown>>;
  readonly choices: readonly string[] | undefined;
}

export interface WhichQuestion {
  /** The step that asks, where several ask under the name. */
  step?: string;
  reason?: string;
}

/** Somebody who answers questions; what the role may not do is refused, as on the control plane. */
export interface Person {
  approve(name: string, which?: WhichQuestion): void;
  /** A yes to other arguments than those asked for, within what the question lets people change. */
  modify(name: string, args: Record<string, unknown>, which?: WhichQuestion): void;
  /** Whoever asked will read the reason. */
  reject(name: string, which: WhichQuestion & { reason: string }): void;
  /** Answers a question of kind `person`. */
  answer(name: string, answer: unknown, which?: Pick<WhichQuestion, "step">): void;
}

export function openQuestions(state: PlaneState): OpenQuestion[] {
  const { model, questions, personQuestions } = state;
  const nameOf = (stepId: string) => model.steps.get(stepId)?.name ?? "";
  const approvals = [...questions]
    .filter(([id]) => isOpen(state, id))
    .map(([, one]) => ({
      kind: "approval" as const,
      name: one.name,
      step: nameOf(one.stepId),
      question: one.question,
      arguments: one.arguments,
      choices: undefined,
    }));
  const persons = model.waits
    .filter((one) => one.kind === "person" && one.status === "open")
    .map((one) => ({
      kind: "person" as const,
      name: one.name,
      step: nameOf(one.stepId),
      question: personQuestions.get(one.id)?.question ?? "",
      arguments: {},
      choices: personQuestions.get(one.id)?.choices,
    }));
  return [...approvals, ...persons];
}

export function person(state: PlaneState, userId: string, role: MemberRole): Person {
  const decide = (
    name: string,
    type: "approve" | "approve_with_changes" | "reject",
    { step, reason }: WhichQuestion = {},
    edited?: Record<string, unknown>,
  ) => {
    const [approval, question] = find(state, name, step);
    const event: ApprovalEvent = { type, userId, role };
    const moved = transitionApproval(stateOf(state, approval, question), event);
    if (!moved.ok) throw new NofxError(moved.code);
    if (edited !== undefined) checkEdit(question, edited);
    question.edited = edited;
    question.reason = reason ?? null;
    question.by = userId;
    decideApproval(
      state.model,
      approval.id,
      type === "reject" ? "reject" : "approve",
      state.time.now,
    );
    sweep(state);
  };
  return {
    approve: (name, which) => decide(name, "approve", which),
    modify: (name, args, which) => decide(name, "approve_with_changes", which, args),
    reject: (name, which) => decide(name, "reject", which),
    answer(name, answer, { step } = {}) {
      const wait = state.model.waits.find(
        (one) =>
          one.kind === "person" &&
          one.status === "open" &&
          one.name === name &&
          (step === undefined || state.model.steps.get(one.stepId)?.name === step),
      );
      if (wait === undefined) throw noQuestion(state, name);
      const choices = state.personQuestions.get(wait.id)?.choices;
      if (choices !== undefined && !choices.includes(String(answer))) {
        throw new NofxError("invalid_input", { detail: `One of ${choices.join(", ")}.` });
      }
      state.answered.set(wait.id, { at: state.time.now, by: userId });
      answerWait(state.model, wait.id, answer, state.time.now);
      sweep(state);
    },
  };
}

/** Nobody answered in time. */
export function expire(state: PlaneState, name: string, step: string | undefined): void {
  const [approval] = find(state, name, step);
  decideApproval(state.model, approval.id, "expire", state.time.now);
  sweep(state);
}

function find(
  state: PlaneState,
  name: string,
  step: string | undefined,
): [ModelApproval, Question] {
  for (const [id, question] of state.questions) {
    const approval = state.model.approvals.get(id);
    if (question.name !== name || approval?.status !== "pending") continue;
    if (step !== undefined && state.model.steps.get(question.stepId)?.name !== step) continue;
    return [approval, question];
  }
  throw noQuestion(state, name);
}

function stateOf(state: PlaneState, approval: ModelApproval, question: Question) {
  return {
    status: approval.status,
    requesterUserId: null,
    argumentsDigest: approval.digest,
    overdue: question.expiresAt <= state.time.now,
  };
}

function checkEdit(question: Question, edited: Record<string, unknown>): void {
  if (question.editable === undefined) {
    throw new NofxError("invalid_input", {
      detail: `Approval "${question.name}" does not say what people may change.`,
    });
  }
  const parsed = z.fromJSONSchema(question.editable).safeParse(edited);
  if (parsed.success) return;
  const [issue] = parsed.error.issues;
  throw new NofxError("invalid_input", {
    detail: `Not within what may be changed: ${issue?.path.join("/") ?? ""} ${issue?.message ?? ""}`,
  });
}

function noQuestion(state: PlaneState, name: string): Error {
  const open = openQuestions(state).map((one) => `"${one.name}"`);
  return new Error(
    `Nobody is asked "${name}". ${open.length === 0 ? "No question is open." : `Open: ${open.join(", ")}.`}`,
  );
}
