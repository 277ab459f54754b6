import { canonicalJson } from "../canonical/index.ts";
import { membersOf, type SwarmMode } from "../vocabulary/index.ts";
import {
  agentChild,
  fail,
  isObject,
  openOf,
  partOf,
  spawn,
  stay,
  succeed,
  whyOf,
} from "./moves.ts";
import type {
  ChildResult,
  EndedChild,
  SessionMove,
  SessionOutcome,
  SessionState,
  SessionStrategy,
} from "./session.ts";

/** Where the members of a swarm read and write for each other. */
export const BOARD = "board";

/**
 * Several do the same, each for itself, over a board that all of them see. What comes of it: the first result (race), what a
 * quorum agrees on (vote), or the result with the highest score. As soon as it is known the others are called off.
 */
export const SWARM: SessionStrategy = {
  start(state) {
    const of = membersOf(state.spec.agents);
    const members = Array.from({ length: of }, (_, i) => {
      const session = { role: "member", member: i + 1, of, mode: modeOf(state), board: BOARD };
      return agentChild(state, {
        name: `m-${i + 1}`,
        role: "member",
        title: `Member ${i + 1} of ${of}`,
        input: partOf(state, session),
        nth: i,
      });
    });
    return spawn(state, members);
  },
  ended(state, child) {
    switch (modeOf(state)) {
      case "race":
        return race(state, child);
      case "vote":
        return vote(heard(state, child));
      case "best_of_n":
        return search(heard(state, child));
    }
  },
  timedOut: (state) => (modeOf(state) === "best_of_n" ? bestOutcome(state) : undefined),
  wakeAfter(state, open) {
    return modeOf(state) === "best_of_n" && state.spec.enough === undefined ? open : 1;
  },
};

function modeOf({ spec }: SessionState): SwarmMode {
  return spec.mode ?? "best_of_n";
}

function race(state: SessionState, child: EndedChild): SessionMove {
  if (child.status === "succeeded") {
    return succeed(state, child.output, `${child.name} was first.`);
  }
  if (openOf(state).length > 0) return stay(state);
  return fail(
    state,
    "session_failed",
    `Nobody succeeded; the last, ${child.name}: ${whyOf(child)}`,
  );
}

function vote(state: SessionState): SessionMove {
  const of = membersOf(state.spec.agents);
  const quorum = state.spec.quorum ?? Math.floor(of / 2) + 1;
  const votes = new Map<string, { count: number; output: unknown }>();
  for (const [, { status, output }] of inOrder(state)) {
    if (status !== "succeeded") continue;
    const key = canonicalJson(ballotOf(output));
    votes.set(key, { output, ...votes.get(key), count: (votes.get(key)?.count ?? 0) + 1 });
  }
  const leading = [...votes.values()].toSorted((a, b) => b.count - a.count)[0];
  const count = leading?.count ?? 0;
  if (leading !== undefined && count >= quorum) {
    return succeed(state, leading.output, `${count} of ${of} agree.`);
  }
  const open = openOf(state).length;
  if (count + open >= quorum) return stay(state);
  const message = `No ${quorum} of ${of} can agree any more: at most ${count} did.`;
  return fail(state, "session_failed", message, { quorum, members: of, agreed: count });
}

/** What is compared: `vote` where a member names one, else all of its result. */
function ballotOf(output: unknown): unknown {
  return isObject(output) && output["vote"] !== undefined ? output["vote"] : (output ?? null);
}

function search(state: SessionState): SessionMove {
  const { enough } = state.spec;
  const best = bestOf(state);
  const isEnough = enough !== undefined && best !== undefined && scoreOf(best) >= enough;
  if (!isEnough && openOf(state).length > 0) return stay(state);
  if (best !== undefined) return succeed(state, best.output, "One is good enough.");
  const last = Object.values(state.results).at(-1);
  return fail(
    state,
    "session_failed",
    `No member succeeded: ${last?.error ?? "no reason was given."}`,
  );
}

function bestOutcome(state: SessionState): SessionOutcome | undefined {
  const best = bestOf(state);
  if (best === undefined) return undefined;
  const { output } = best;
  return { status: "succeeded", output: isObject(output) ? output : { value: output ?? null } };
}

/** The highest score; of the same the first by number, whoever was quicker. */
function bestOf(state: SessionState): ChildResult | undefined {
  return inOrder(state)
    .map(([, result]) => result)
    .filter(({ status }) => status === "succeeded")
    .toSorted((a, b) => scoreOf(b) - scoreOf(a))[0];
}

function scoreOf({ output }: ChildResult): number {
  const score = isObject(output) ? output["score"] : undefined;
  return typeof score === "number" && Number.isFinite(score) ? score : 0;
}

function inOrder({ results }: SessionState): (readonly [string, ChildResult])[] {
  const number = (name: string) => Number(name.slice(2));
  return Object.entries(results).toSorted(([a], [b]) => number(a) - number(b));
}

function heard(state: SessionState, child: EndedChild): SessionState {
  const { name, status, output } = child;
  const error = status === "succeeded" ? null : whyOf(child);
  return { ...state, results: { ...state.results, [name]: { status, output, error } } };
}
