import type {
  ChildSpec,
  EndedChild,
  SessionErrorCode,
  SessionMove,
  SessionOutcome,
  SessionState,
} from "./session.ts";

const MAX_MESSAGE = 1_000;

/** Nothing to be done. */
export function stay(state: SessionState): SessionMove {
  return { state, effects: [] };
}

/** Begins these, unless they are more than may be below one session. */
export function spawn(
  state: SessionState,
  children: readonly ChildSpec[],
  round = state.round,
): SessionMove {
  const used = Object.keys(state.children).length;
  const { fanOut } = state.context;
  if (used + children.length > fanOut) {
    return refuse(state, { quota: "fan_out", limit: fanOut, used, asked: children.length });
  }
  const added = children.map(({ name, role }) => [name, { role, round, status: "open" }] as const);
  return {
    state: { ...state, round, children: { ...state.children, ...Object.fromEntries(added) } },
    effects: [{ type: "spawn", children }],
  };
}

/** Ends the session: what is still open below it is called off first. */
export function end(state: SessionState, outcome: SessionOutcome, reason: string): SessionMove {
  const open = openOf(state);
  const marked = open.map((name) => {
    const child = state.children[name];
    return [name, { ...child, status: "cancelling" }] as const;
  });
  return {
    state: {
      ...state,
      children: { ...state.children, ...Object.fromEntries(marked) } as SessionState["children"],
      results: {},
      outcome,
    },
    effects: [
      ...(open.length === 0 ? [] : [{ type: "cancel", children: open, reason } as const]),
      { type: "finish", outcome },
    ],
  };
}

export function succeed(state: SessionState, output: unknown, reason = "It is done."): SessionMove {
  return end(state, { status: "succeeded", output: asObject(output) }, reason);
}

export function fail(
  state: SessionState,
  code: SessionErrorCode,
  message: string,
  data?: Readonly<Record<string, unknown>>,
): SessionMove {
  const text = message.slice(0, MAX_MESSAGE).toWellFormed();
  return end(state, { status: "failed", code, message: text, ...(data && { data }) }, text);
}

/** More than a quota leaves. */
export function refuse(
  state: SessionState,
  of: { quota: string; limit: number; used: number; asked: number },
): SessionMove {
  const { quota, limit, used, asked } = of;
  const message = `${asked} more are over the quota ${quota}: ${used} of ${limit} are used.`;
  return fail(state, "quota_exceeded", message, { quota, limit, used, asked });
}

/** Somebody below has not succeeded, and nothing can be done without it. */
export function failWith(state: SessionState, child: EndedChild): SessionMove {
  return fail(state, "session_failed", `${child.name} did not succeed: ${whyOf(child)}`, {
    child: child.name,
    status: child.status,
    ...(child.error === null ? {} : { code: child.error.code }),
  });
}

export function whyOf({ status, error }: Pick<EndedChild, "status" | "error">): string {
  if (error === null) return status === "cancelled" ? "it was called off." : "it gave no reason.";
  return `${error.code}: ${error.message}`;
}

/** Children that have begun, and were neither called off nor have ended. */
export function openOf(state: SessionState): string[] {
  return Object.keys(state.children).filter((name) => state.children[name]?.status === "open");
}

/** Children that somebody may still hold. */
export function unendedOf(state: SessionState): string[] {
  return Object.keys(state.children).filter((name) => {
    const status = state.children[name]?.status;
    return status === "open" || status === "cancelling";
  });
}

/** What an agent of a session is given: the session's input, and what its part is. */
export function partOf(
  state: SessionState,
  session: Readonly<Record<string, unknown>>,
): Record<string, unknown> {
  return { ...state.spec.input, session };
}

/** The agent that the n-th of a kind is meant for. */
export function preferred({ context: { agents } }: SessionState, n: number): string | null {
  return agents.length === 0 ? null : (agents[n % agents.length] ?? null);
}

export function asObject(output: unknown): Record<string, unknown> {
  return isObject(output) ? output : { value: output ?? null };
}

export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** An agent's step of this session. */
export function agentChild(
  state: SessionState,
  child: Pick<ChildSpec, "name" | "role" | "title"> & {
    capability?: string | undefined;
    input: Record<string, unknown>;
    nth?: number;
  },
): ChildSpec {
  const { spec } = state;
  return {
    name: child.name,
    role: child.role,
    title: child.title,
    work: {
      kind: "agent",
      capability: child.capability ?? spec.capability,
      input: child.input,
      timeoutSeconds: spec.timeoutSeconds,
    },
    prefer: preferred(state, child.nth ?? 0),
  };
}
