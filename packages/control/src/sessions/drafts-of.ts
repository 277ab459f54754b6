import type { ChildSpec } from "@nofx/core/orchestration";
import { MAX_FAILURES, STEP_VERSION } from "@nofx/core/vocabulary";
import type { ChildDraft } from "@nofx/db/leases";

/** Children of a session as steps. Each is left for a moment to the agent that it is meant for. */
export function draftsOf(children: readonly ChildSpec[], preferSeconds: number): ChildDraft[] {
  return children.map(({ name, role, title, work, prefer }) => {
    const { kind } = work;
    const as = { name, role, title, kind, kind_version: STEP_VERSION[kind] };
    if (kind === "session") {
      const { capability } = work.with;
      return {
        ...as,
        executor: "worker",
        capability: typeof capability === "string" ? capability : undefined,
        arguments: work.with,
        max_failures: MAX_FAILURES.session,
      };
    }
    const { capability, input, timeoutSeconds } = work;
    const preferred = prefer === null || preferSeconds <= 0 ? undefined : prefer;
    return {
      ...as,
      executor: "agent",
      capability,
      arguments: { capability, input, timeoutSeconds },
      max_failures: MAX_FAILURES.agent,
      ...(preferred === undefined
        ? {}
        : { preferred_agent_id: preferred, preferred_seconds: preferSeconds }),
    };
  });
}
