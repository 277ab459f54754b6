import { z } from "zod";
import {
  Capability,
  SessionWith,
  StepName,
  StorableJson,
  storableText,
} from "../vocabulary/index.ts";
import {
  agentChild,
  fail,
  failWith,
  isObject,
  openOf,
  partOf,
  refuse,
  spawn,
  stay,
  succeed,
  whyOf,
} from "./moves.ts";
import type {
  ChildSpec,
  EndedChild,
  SessionMove,
  SessionState,
  SessionStrategy,
} from "./session.ts";

/** A part of the work, as a lead names it. With a strategy it is a session of its own, a level deeper. */
export const Subtask = z.strictObject({
  name: StepName.max(40),
  title: storableText(500, 1).optional(),
  capability: Capability.optional(),
  input: StorableJson.default({}),
  strategy: SessionWith.shape.strategy.unwrap().optional(),
  budgetUsd: z.number().positive().optional(),
  seconds: z.int().min(1).optional(),
});
export type Subtask = z.infer<typeof Subtask>;

const Split = z.object({ subtasks: z.array(Subtask).max(1_000) });

/**
 * A lead splits the work, workers do the parts side by side, a merger makes one result of theirs. A lead that names no parts has done
 * it itself.
 */
export const HIERARCHICAL: SessionStrategy = {
  start(state) {
    const { depthLeft, fanOut } = state.context;
    // of its steps one is the lead's and one the merger's
    const input = partOf(state, { role: "lead", depthLeft, maxSubtasks: Math.max(0, fanOut - 2) });
    return spawn(state, [
      agentChild(state, { name: "split", role: "lead", title: "Split", input }),
    ]);
  },
  ended(state, child) {
    switch (state.children[child.name]?.role) {
      case "lead":
        return child.status === "succeeded" ? split(state, child.output) : failWith(state, child);
      case "merger":
        return child.status === "succeeded" ? succeed(state, child.output) : failWith(state, child);
      default:
        return merge(heard(state, child));
    }
  },
  wakeAfter: (_state, open) => open,
};

function split(state: SessionState, answer: unknown): SessionMove {
  if (!isObject(answer) || answer["subtasks"] === undefined) return succeed(state, answer);
  const parsed = Split.safeParse(answer);
  if (!parsed.success) {
    const issue = parsed.error.issues[0];
    const where = issue === undefined ? "" : `: ${issue.path.join(".")}: ${issue.message}`;
    return fail(state, "session_failed", `The lead's parts cannot be used${where}`);
  }
  const { subtasks } = parsed.data;
  if (subtasks.length === 0) return succeed(state, withoutParts(answer));
  const names = new Set(subtasks.map(({ name }) => name));
  if (names.size < subtasks.length) {
    return fail(state, "session_failed", "The lead gave two parts the same name.");
  }
  const { depthLeft, fanOut } = state.context;
  const nested = subtasks.some(({ strategy }) => strategy !== undefined);
  if (nested && depthLeft < 2) {
    return refuse(state, { quota: "depth", limit: depthLeft, used: 1, asked: 1 });
  }
  // the merger is one more
  const used = Object.keys(state.children).length;
  if (used + subtasks.length + 1 > fanOut) {
    return refuse(state, { quota: "fan_out", limit: fanOut, used, asked: subtasks.length + 1 });
  }
  return spawn(
    state,
    subtasks.map((subtask, n) => workerOf(state, subtask, n)),
  );
}

function workerOf(state: SessionState, subtask: Subtask, nth: number): ChildSpec {
  const { name, title = name, input, strategy, budgetUsd, seconds } = subtask;
  const { spec } = state;
  const capability = subtask.capability ?? spec.capability;
  const as = { name: `w-${name}`, role: "worker", title } as const;
  if (strategy === undefined) {
    const part = { ...input, session: { role: "worker", part: name } };
    return agentChild(state, { ...as, capability, input: part, nth });
  }
  const { rounds, reviewer, timeoutSeconds } = spec;
  const below = {
    strategy,
    capability,
    input,
    rounds,
    reviewer,
    timeoutSeconds,
    budgetUsd,
    seconds,
  };
  const given = Object.entries(below).filter(([, value]) => value !== undefined);
  return { ...as, work: { kind: "session", with: Object.fromEntries(given) }, prefer: null };
}

function heard(state: SessionState, child: EndedChild): SessionState {
  const { name, status, output } = child;
  const error = status === "succeeded" ? null : whyOf(child);
  return { ...state, results: { ...state.results, [name]: { status, output, error } } };
}

/** Once all parts have ended; the merger judges what is missing. */
function merge(state: SessionState): SessionMove {
  if (openOf(state).length > 0) return stay(state);
  const workers = Object.keys(state.children).filter((name) => name.startsWith("w-"));
  const results = workers.flatMap((name) => {
    const result = state.results[name];
    return result === undefined ? [] : [{ name: name.slice(2), ...result }];
  });
  if (results.every(({ status }) => status !== "succeeded")) {
    return fail(
      state,
      "session_failed",
      `None of ${results.length} parts succeeded: ${results[0]?.error}`,
    );
  }
  const input = partOf(state, { role: "merger", results });
  return spawn(state, [
    agentChild(state, { name: "merge", role: "merger", title: "Merge", input }),
  ]);
}

function withoutParts(answer: Record<string, unknown>): Record<string, unknown> {
  const { subtasks: _none, ...rest } = answer;
  return rest;
}
