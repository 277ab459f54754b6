import { agentChild, failWith, spawn, succeed } from "./moves.ts";
import type { SessionStrategy } from "./session.ts";

/** One agent does it. It is given the input as it is, and its result is the session's. */
export const SOLO: SessionStrategy = {
  start(state) {
    const { input } = state.spec;
    return spawn(state, [agentChild(state, { name: "do", role: "doer", title: "Do", input })]);
  },
  ended(state, child) {
    return child.status === "succeeded" ? succeed(state, child.output) : failWith(state, child);
  },
  wakeAfter: () => 1,
};
