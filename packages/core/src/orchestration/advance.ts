import type { Strategy } from "../vocabulary/index.ts";
import { HIERARCHICAL } from "./hierarchical.ts";
import { end, fail, openOf, refuse, stay, unendedOf } from "./moves.ts";
import { PAIR } from "./pair.ts";
import type {
  ChildState,
  EndedChild,
  SessionContext,
  SessionEvent,
  SessionMove,
  SessionSpec,
  SessionState,
  SessionStrategy,
} from "./session.ts";
import { SOLO } from "./solo.ts";
import { SWARM } from "./swarm.ts";

const STRATEGIES: { readonly [S in Strategy]: SessionStrategy } = {
  solo: SOLO,
  pair: PAIR,
  hierarchical: HIERARCHICAL,
  swarm: SWARM,
};

/** Begins a session: its first state, and what is to be done. */
export function start(spec: SessionSpec, context: SessionContext): SessionMove {
  const state = { spec, context, round: 1, children: {}, results: {}, outcome: null };
  if (context.depthLeft < 1) {
    return refuse(state, { quota: "depth", limit: context.depthLeft, used: 0, asked: 1 });
  }
  return STRATEGIES[spec.strategy].start(state);
}

/**
 * What follows from an event: the next state, and what is to be done. An event that was heard before, or that comes when all is
 * decided, changes nothing that is seen from outside, so no effect comes twice.
 */
export function advance(state: SessionState, event: SessionEvent): SessionMove {
  switch (event.type) {
    case "child_ended":
      return ended(state, event);
    case "refused":
      return state.outcome === null ? refuse(without(state, event.children), event) : stay(state);
    case "timed_out":
      return state.outcome === null ? timedOut(state) : stay(state);
  }
}

/** After how many more ends of its children a session has something to decide; none: it has ended. */
export function wakeAfter(state: SessionState): number {
  if (state.outcome !== null) return 0;
  const open = openOf(state).length;
  return Math.min(open, Math.max(1, STRATEGIES[state.spec.strategy].wakeAfter(state, open)));
}

/** How many of its children have not ended, as far as it has heard. */
export function unended(state: SessionState): number {
  return unendedOf(state).length;
}

function ended(state: SessionState, event: EndedChild): SessionMove {
  const child = state.children[event.name];
  if (child === undefined || isEnded(child)) return stay(state);
  const children = { ...state.children, [event.name]: { ...child, status: event.status } };
  const next: SessionState = { ...state, children };
  // what was called off is not asked any more
  if (state.outcome !== null || child.status === "cancelling") return stay(next);
  return STRATEGIES[state.spec.strategy].ended(next, event);
}

function timedOut(state: SessionState): SessionMove {
  const late = STRATEGIES[state.spec.strategy].timedOut?.(state);
  if (late !== undefined) return end(state, late, "Its time is over.");
  const seconds = state.spec.seconds;
  const after = seconds === undefined ? "" : ` of ${seconds} s`;
  return fail(state, "deadline_exceeded", `The session's time${after} is over.`, {
    quota: "seconds",
  });
}

/** These were never begun: nobody waits for them. */
function without(state: SessionState, names: readonly string[]): SessionState {
  const children = Object.entries(state.children).filter(([name]) => !names.includes(name));
  return { ...state, children: Object.fromEntries(children) };
}

function isEnded({ status }: ChildState): boolean {
  return status === "succeeded" || status === "failed" || status === "cancelled";
}
