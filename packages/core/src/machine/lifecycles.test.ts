import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { numRuns } from "../testing/index.ts";
import { ApprovalStatus, PlanStatus, RunStatus, isTerminalRun } from "../vocabulary/index.ts";
import {
  transitionApproval,
  type ApprovalEvent,
  type ApprovalState,
} from "./transition-approval.ts";
import { initialPlanStatus, transitionPlan, type PlanEvent } from "./transition-plan.ts";
import { transitionRun, type RunEvent, type RunState } from "./transition-run.ts";
import { APPROVAL_TRANSITIONS, PLAN_TRANSITIONS, RUN_TRANSITIONS } from "./transitions.ts";

describe("runs", () => {
  const fresh: RunState = {
    status: "queued",
    left: 3,
    failed: 0,
    cancelled: 0,
    compensation: "none",
  };

  function after(...events: RunEvent[]) {
    return events.reduce<{ state: RunState; told: (string | null)[] }>(
      ({ state, told }, event) => {
        const result = transitionRun(state, event);
        if (!result.ok) throw new Error(result.code);
        return { state: result.next, told: [...told, result.tell] };
      },
      { state: fresh, told: [] },
    );
  }

  test("start with the first claim and end with the last step", () => {
    const { state, told } = after(
      { type: "claimed" },
      { type: "claimed" },
      { type: "ended", succeeded: 2 },
      { type: "ended", succeeded: 1 },
    );
    expect(state.status).toBe("succeeded");
    expect(told).toEqual(["run.started", null, null, "run.succeeded"]);
  });

  test("fail if a step failed, are cancelled if the rest was only cancelled, also before any claim", () => {
    expect(after({ type: "ended", failed: 1, cancelled: 2 }).state.status).toBe("failed");
    expect(after({ type: "ended", succeeded: 1, cancelled: 2 }).state.status).toBe("cancelled");
  });

  test("no step is counted twice, and what has ended stays ended", () => {
    expect(transitionRun(fresh, { type: "ended", succeeded: 4 })).toEqual({
      ok: false,
      code: "conflict",
    });
    const ended = fc.constantFrom(...RunStatus.options.filter(isTerminalRun));
    const event = fc.constantFrom<RunEvent>({ type: "claimed" }, { type: "ended", failed: 1 });
    fc.assert(
      fc.property(ended, event, (status, one) => {
        expect(transitionRun({ ...fresh, status }, one)).toEqual({
          ok: false,
          code: "run_finished",
        });
      }),
      numRuns(10_000),
    );
  });

  test("every status is reached", () => {
    const reached = new Set<string>(["queued", ...RUN_TRANSITIONS.map((row) => row.to)]);
    for (const status of RunStatus.options) expect(reached).toContain(status);
  });
});

describe("approvals", () => {
  const pending: ApprovalState = {
    status: "pending",
    requesterUserId: "anna",
    argumentsDigest: "d1",
    overdue: false,
  };
  const yes = { type: "approve", userId: "ben", role: "supervisor" } as const;

  const code = (state: ApprovalState, event: ApprovalEvent) => {
    const result = transitionApproval(state, event);
    return result.ok ? result.next : result.code;
  };

  test.each([
    ["a yes", pending, yes, "approved"],
    ["a yes with changes", pending, { ...yes, type: "approve_with_changes" }, "approved"],
    ["a no", pending, { ...yes, type: "reject" }, "rejected"],
    ["its time", { ...pending, overdue: true }, { type: "expire" }, "expired"],
    ["its end", pending, { type: "cancel" }, "cancelled"],
    ["a change", pending, { type: "supersede" }, "superseded"],
    ["a yes to what was shown", pending, { ...yes, shownDigest: "d1" }, "approved"],
    ["a yes to something else", pending, { ...yes, shownDigest: "d0" }, "plan_changed"],
    ["a yes by who asked", pending, { ...yes, userId: "anna" }, "approval_self"],
    ["a no by who asked", pending, { ...yes, type: "reject", userId: "anna" }, "approval_self"],
    ["a yes by an operator", pending, { ...yes, role: "operator" }, "forbidden"],
    ["a yes that comes late", { ...pending, overdue: true }, yes, "approval_closed"],
    ["an expiry before its time", pending, { type: "expire" }, "conflict"],
  ] as const)("%s", (_name, state, event, expected) => expect(code(state, event)).toBe(expected));

  test("what is closed stays closed, whoever comes", () => {
    for (const status of ApprovalStatus.options.filter((one) => one !== "pending")) {
      for (const { event } of APPROVAL_TRANSITIONS) {
        const one = { ...yes, type: event } as ApprovalEvent;
        expect(code({ ...pending, status, overdue: true }, one)).toBe("approval_closed");
      }
    }
  });

  test("of any number of events at once, one wins", () => {
    const events = fc.array(fc.constantFrom(...APPROVAL_TRANSITIONS.map((row) => row.event)), {
      minLength: 1,
    });
    fc.assert(
      fc.property(events, (types) => {
        let state = pending;
        let wins = 0;
        for (const type of types) {
          const result = transitionApproval(state, { ...yes, type });
          if (!result.ok) continue;
          wins++;
          state = { ...state, status: result.next };
        }
        expect(wins).toBeLessThanOrEqual(1);
      }),
      numRuns(10_000),
    );
  });
});

describe("plans", () => {
  test("begin by their verdict", () => {
    expect(
      ["allow", "warn", "block"].map((verdict) => initialPlanStatus(verdict as "allow")),
    ).toEqual(["approved", "ready", "blocked"]);
  });

  test("are approved only when ready; superseded and cancelled are final", () => {
    const next = (status: PlanStatus, event: PlanEvent) => {
      const result = transitionPlan(status, event);
      return result.ok ? result.next : result.code;
    };
    expect(next("ready", "approve")).toBe("approved");
    expect(next("blocked", "approve")).toBe("plan_blocked");
    expect(next("approved", "supersede")).toBe("superseded");
    expect(next("blocked", "cancel")).toBe("cancelled");
    for (const { event } of PLAN_TRANSITIONS) {
      expect(next("superseded", event)).toBe("conflict");
      expect(next("cancelled", event)).toBe("conflict");
    }
    for (const status of PlanStatus.options.slice(2)) {
      expect(PLAN_TRANSITIONS.map((row) => row.to)).toContain(status);
    }
  });
});
