import {
  advance,
  unended,
  wakeAfter,
  type SessionEffect,
  type SessionMove,
  type SessionOutcome,
} from "@nofx/core/orchestration";
import type { SessionWith } from "@nofx/core/vocabulary";
import {
  lockForSession,
  readSession,
  saveSession,
  waitForChildren,
  type EngineDb,
  type KnownSession,
  type SessionClaim,
} from "@nofx/db/leases";
import { begin, type SessionDeps } from "./begin.ts";
import { carryOut, IsCalledOff, NeedsLock } from "./carry-out.ts";

/** Where a session's step stands: on hold, its lease over; called off; or decided: then its executor gives it back, or settles it. */
export type SessionAnswer =
  | { readonly held: true; readonly freed: number }
  | { readonly held: false; readonly outcome: SessionOutcome | CalledOff; readonly freed: number };

interface CalledOff {
  readonly status: "called_off";
}

/** Steps of a child are left to the agent that it is meant for this long, where the dispatcher did not say. */
const PREFER_SECONDS = 5;
/** Each turn hears of something new, and nobody has more to hear of in one claim. */
const MOST_TURNS = 10_000;

/**
 * Takes a session as far as it goes: hears what has ended below it, decides, carries that out and waits for more. Each turn is one
 * transaction under the fence of its step, so a crash anywhere leaves it as it was before that turn.
 */
export async function runSession(
  db: EngineDb,
  deps: SessionDeps,
  claim: SessionClaim,
  args: SessionWith,
): Promise<SessionAnswer> {
  let freed = 0;
  for (let turns = 0; turns < MOST_TURNS; turns += 1) {
    const turn = await takeTurn(db, deps, claim, args);
    freed += turn.freed;
    if (turn.next === "held") return { held: true, freed };
    if (turn.next !== "again") return { held: false, outcome: turn.next, freed };
  }
  throw new Error("a session goes on and gets nowhere");
}

interface Turn {
  readonly next: "held" | "again" | SessionOutcome | CalledOff;
  readonly freed: number;
}

async function takeTurn(
  db: EngineDb,
  deps: SessionDeps,
  claim: SessionClaim,
  args: SessionWith,
): Promise<Turn> {
  const inOne = (canCancel: boolean) =>
    db.transaction().execute((tx) => turn(tx, deps, claim, args, canCancel));
  try {
    return await inOne(false).catch((error: unknown) => {
      if (error instanceof NeedsLock) return inOne(true);
      throw error;
    });
  } catch (error) {
    // it waits for nobody who never comes: what it decided is undone with the turn
    if (error instanceof IsCalledOff) return { next: { status: "called_off" }, freed: 0 };
    throw error;
  }
}

async function turn(
  tx: EngineDb,
  deps: SessionDeps,
  claim: SessionClaim,
  args: SessionWith,
  canCancel: boolean,
): Promise<Turn> {
  if (canCancel) await lockForSession(tx, claim);
  const known = await readSession(tx, claim);
  const { session } = known;
  if (session !== null && session.state.outcome !== null) {
    return { next: session.state.outcome, freed: 0 };
  }
  const begun = session === null ? await begin(tx, deps, claim, args, known) : undefined;
  const move = begun?.move ?? hear(session, known);
  const done = await carryOut(tx, claim, move, {
    decisionId: begun?.decisionId ?? session?.decision_id ?? null,
    seconds: session?.seconds ?? 0,
    rounds: session?.rounds ?? 0,
    preferSeconds: begun?.preferSeconds ?? PREFER_SECONDS,
    canCancel,
  });
  const revision = session?.revision ?? 0;
  await saveSession(tx, claim, { revision, state: done.state, rounds: done.rounds });
  const { outcome } = done.state;
  if (outcome !== null) return { next: outcome, freed: done.freed };
  const upto = unended(done.state) - wakeAfter(done.state);
  const held = await waitForChildren(tx, claim, `session-${revision + 1}`, Math.max(0, upto));
  return { next: held ? "held" : "again", freed: done.freed };
}

/** All that has happened since, in the order in which it did. */
function hear(session: KnownSession["session"], { ended }: KnownSession): SessionMove {
  if (session === null) throw new Error("a session is heard after it has begun");
  let { state } = session;
  const effects: SessionEffect[] = [];
  for (const child of ended) {
    const next = advance(state, { type: "child_ended", ...child });
    state = next.state;
    effects.push(...next.effects);
  }
  if (session.late) {
    const next = advance(state, { type: "timed_out" });
    state = next.state;
    effects.push(...next.effects);
  }
  return { state, effects };
}
