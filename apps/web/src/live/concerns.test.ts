import { EventType } from "@nofx/core/vocabulary";
import { describe, expect, it } from "vitest";
import { isConcerned, scopesOfEvent, scopesOfTopic } from "./concerns.ts";

const key = (router: string, procedure: string, input?: object) => [
  [router, procedure],
  { input, type: "query" },
];
const RUN = key("runs", "get", { runId: "run_1" });
const OTHER_RUN = key("runs", "get", { runId: "run_2" });

describe.each(EventType.options)("the event %s", (type) => {
  it("has an answer", () => {
    expect(scopesOfEvent({ type, runId: "run_1" })).toBeInstanceOf(Array);
  });
});

it.each([
  ["steps.settled", "run_1", RUN, true],
  ["step.refused", "run_1", RUN, true],
  ["steps.settled", "run_1", OTHER_RUN, false],
  ["steps.settled", null, OTHER_RUN, true],
  ["steps.settled", "run_1", key("runs", "list"), true],
  ["steps.settled", "run_1", key("plans", "list"), false],
  ["step.logged", "run_1", key("runs", "logs", { runId: "run_1" }), true],
  ["step.logged", "run_1", RUN, false],
  ["artifact.stored", "run_1", key("runs", "artifacts", { runId: "run_1" }), true],
  ["approval.requested", null, key("approvals", "list"), true],
  ["approval.decided", "run_1", key("approvals", "get", { approvalId: "a" }), true],
  ["backlog.imported", null, key("backlog", "packs"), true],
  ["backlog.imported", null, key("runs", "list"), false],
  ["plan.ready", null, key("plans", "get", { planId: "p" }), true],
  ["run.succeeded", "run_1", key("backlog", "list"), true],
  ["run.paused", "run_1", RUN, true],
  ["run.compensating", "run_1", RUN, true],
  ["wait.opened", "run_1", key("waits", "list", { runId: "run_1" }), true],
  ["wait.met", "run_1", key("waits", "list", { runId: "run_2" }), false],
  ["wait.met", "run_1", key("waits", "list", { kind: "person" }), true],
  ["dead_letter.added", "run_1", key("deadLetters", "list"), true],
  ["dead_letter.resolved", "run_1", key("deadLetters", "get", { deadLetterId: "d" }), true],
  ["dead_letter.added", "run_1", RUN, true],
  ["redrive_batch.ended", null, key("deadLetters", "batches"), true],
  ["worker.draining", null, key("workers", "list"), true],
  ["worker.frozen", "run_1", RUN, true],
  ["worker.started", null, key("runs", "list"), false],
  ["steps.settled", "run_1", key("hierarchy", "ofRun", { runId: "run_1" }), true],
  ["steps.settled", "run_1", key("hierarchy", "ofRun", { runId: "run_2" }), false],
  ["session.ended", "run_1", key("sessions", "list", { runId: "run_1" }), true],
  ["message.sent", "run_1", key("messages", "ofRun", { runId: "run_1" }), true],
  ["message.redacted", "run_1", key("messages", "ofRun", { runId: "run_2" }), false],
  ["webhook.disabled", null, key("webhooks", "list"), true],
] as const)("%s of %s concerns %j: %s", (type, runId, queryKey, concerned) => {
  expect(isConcerned(queryKey, scopesOfEvent({ type, runId }))).toBe(concerned);
});

it.each([
  ["approvals:1", key("approvals", "list"), true],
  ["approvals:1", key("plans", "list"), false],
  ["run:1", RUN, true],
  ["tenant:1", key("plans", "list"), true],
  ["tenant:1", key("events", "list"), false],
] as const)("the topic %s concerns %j: %s", (topic, queryKey, concerned) => {
  expect(isConcerned(queryKey, scopesOfTopic(topic))).toBe(concerned);
});

it("leaves keys alone that are not tRPC's", () => {
  expect(isConcerned(["theme"], scopesOfTopic("tenant:1"))).toBe(false);
});
