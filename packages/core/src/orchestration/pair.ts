import { z } from "zod";
import { CriticVerdict, SESSION_DEFAULTS, storableText } from "../vocabulary/index.ts";
import { agentChild, fail, failWith, partOf, spawn, succeed } from "./moves.ts";
import type { SessionMove, SessionState, SessionStrategy } from "./session.ts";

/** What a reviewer answers. */
export const Review = z.object({
  verdict: CriticVerdict,
  feedback: storableText(8_000).default(""),
  score: z.number().min(0).max(1).nullish(),
});
export type Review = z.infer<typeof Review>;

/**
 * One does it, another reviews it, and what is to be revised goes back, for so many rounds at most. What was accepted is the
 * session's result.
 */
export const PAIR: SessionStrategy = {
  start: (state) => draft(state, 1, ""),
  ended(state, child) {
    if (child.status !== "succeeded") return failWith(state, child);
    const { role, round } = state.children[child.name] ?? { role: "doer", round: state.round };
    if (role === "doer") return review(keep(state, child.name, child.output), round, child.output);
    const answer = Review.safeParse(child.output);
    if (!answer.success) {
      const issue = answer.error.issues[0];
      const where = issue === undefined ? "" : ` (${issue.path.join(".")}: ${issue.message})`;
      return fail(state, "session_failed", `What ${child.name} answered is no verdict${where}.`);
    }
    return judged(state, round, answer.data);
  },
  wakeAfter: () => 1,
};

function draft(state: SessionState, round: number, feedback: string): SessionMove {
  const earlier = state.results[`do-${round - 1}`];
  const input = partOf(state, {
    role: "doer",
    round,
    rounds: roundsOf(state),
    ...(earlier === undefined ? {} : { draft: earlier.output, feedback }),
  });
  const title = round === 1 ? "Do" : `Revise, round ${round}`;
  return spawn(
    state,
    [agentChild(state, { name: `do-${round}`, role: "doer", title, input })],
    round,
  );
}

function review(state: SessionState, round: number, made: unknown): SessionMove {
  const input = partOf(state, { role: "reviewer", round, rounds: roundsOf(state), draft: made });
  const name = `review-${round}`;
  const title = `Review, round ${round}`;
  const capability = state.spec.reviewer;
  return spawn(state, [
    agentChild(state, { name, role: "reviewer", title, capability, input, nth: 1 }),
  ]);
}

function judged(
  state: SessionState,
  round: number,
  { verdict, feedback, score }: Review,
): SessionMove {
  const recorded = {
    type: "verdict",
    round,
    verdict,
    feedback,
    score: score ?? null,
    doer: `do-${round}`,
    reviewer: `review-${round}`,
  } as const;
  const next = decide(state, round, verdict, feedback);
  return { state: next.state, effects: [recorded, ...next.effects] };
}

function decide(
  state: SessionState,
  round: number,
  verdict: Review["verdict"],
  feedback: string,
): SessionMove {
  const rounds = roundsOf(state);
  const why = feedback === "" ? "." : `: ${feedback}`;
  switch (verdict) {
    case "accept":
      return succeed(state, state.results[`do-${round}`]?.output);
    case "reject":
      return fail(state, "review_rejected", `The reviewer rejected it${why}`, { round });
    case "revise":
      if (round < rounds) return draft(state, round + 1, feedback);
      return fail(state, "review_rejected", `Not accepted within ${rounds} rounds${why}`, {
        round,
      });
  }
}

/** Only the newest draft is needed yet. */
function keep(state: SessionState, name: string, output: unknown): SessionState {
  return { ...state, results: { [name]: { status: "succeeded", output, error: null } } };
}

function roundsOf({ spec }: SessionState): number {
  return spec.rounds ?? SESSION_DEFAULTS.rounds;
}
