import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { aStepState, numRuns } from "../testing/index.ts";
import { EventType, HOLD_BITS, Hold, StepStatus, isTerminalStep } from "../vocabulary/index.ts";
import { FENCED_EVENTS, STEP_TRANSITIONS } from "./step-transitions.ts";
import { transitionStep, type StepEvent, type StepState } from "./transition-step.ts";

const mine = { epoch: 1, leaseRuns: true };
const held = aStepState({ status: "running", epoch: 1 });

function moved(state: StepState, ...events: StepEvent[]): StepState {
  return events.reduce((at, event) => {
    const result = transitionStep(at, event);
    if (!result.ok) throw new Error(`${at.status} refuses ${event.type}: ${result.code}`);
    return result.next;
  }, state);
}

function refusal(state: StepState, event: StepEvent) {
  const result = transitionStep(state, event);
  return result.ok ? "ok" : result.code;
}

describe("a step's way", () => {
  test("from queued to succeeded, with and without being seen running", () => {
    const claimed = moved(aStepState(), { type: "claim", due: true });
    expect(claimed).toEqual(aStepState({ status: "assigned", epoch: 1 }));
    expect(moved(claimed, { type: "complete", ...mine }).status).toBe("succeeded");
    expect(moved(claimed, { type: "start", ...mine }, { type: "complete", ...mine }).status).toBe(
      "succeeded",
    );
    expect(moved(claimed, { type: "heartbeat", ...mine }).status).toBe("running");
  });

  test("a failure is tried again while its class and its count allow", () => {
    const failing = { type: "fail", inTime: true, ...mine } as const;
    expect(moved(held, { ...failing, retry: true })).toMatchObject({
      status: "queued",
      failures: 1,
    });
    expect(moved(held, { ...failing, retry: false })).toMatchObject({
      status: "failed",
      failures: 1,
    });
    expect(moved({ ...held, failures: 2 }, { ...failing, retry: true })).toMatchObject({
      status: "failed",
      failures: 3,
    });
  });

  test("a lapse counts a crash, no failure; the last one is poison", () => {
    const lapse = { type: "lapse", leaseRuns: false } as const;
    expect(moved(held, lapse)).toMatchObject({
      status: "queued",
      crashes: 1,
      failures: 0,
      epoch: 1,
    });
    expect(moved({ ...held, crashes: 2 }, lapse)).toMatchObject({ status: "failed", crashes: 3 });
    expect(refusal(held, { type: "lapse", leaseRuns: true })).toBe("lease_still_runs");
  });

  test("waiting and giving back count nothing", () => {
    const suspended = moved(held, { type: "suspend", holds: ["approval"], ...mine });
    expect(suspended).toEqual({ ...held, status: "queued", holds: HOLD_BITS.approval });
    expect(moved(held, { type: "release", ...mine })).toEqual({ ...held, status: "queued" });
  });

  test("holds are set and cleared each on its own, and any of them keeps claims away", () => {
    const held = aStepState({ holds: HOLD_BITS.dependency | HOLD_BITS.timer });
    const paused = moved(held, { type: "pause" });
    expect(paused.holds).toBe(held.holds | HOLD_BITS.paused);
    const woken = moved(paused, { type: "free" }, { type: "wake", holds: ["timer"] });
    expect(refusal(woken, { type: "claim", due: true })).toBe("held");
    const none = moved(woken, { type: "resume" });
    expect(none.holds).toBe(0);
    expect(refusal(none, { type: "claim", due: false })).toBe("not_due");
    expect(refusal(none, { type: "claim", due: true })).toBe("ok");
  });

  test("its time runs out, and so does the patience for a handler, only while nothing holds it", () => {
    for (const event of [
      { type: "expire", late: true },
      { type: "strand", known: false },
    ] as const) {
      expect(moved(aStepState(), event).status).toBe("failed");
      expect(refusal(aStepState({ holds: HOLD_BITS.person }), event)).toBe("held");
      expect(refusal({ ...held, status: "running" }, event)).toBe("wrong_status");
    }
    expect(refusal(aStepState(), { type: "expire", late: false })).toBe("not_late");
    expect(refusal(aStepState(), { type: "strand", known: true })).toBe("handler_known");
  });

  test("a cancel takes a queued step at once, and waits for the holder of a leased one", () => {
    expect(moved(aStepState(), { type: "cancel" }).status).toBe("cancelled");
    const asked = moved(held, { type: "cancel" });
    expect(asked).toEqual({ ...held, cancelRequested: true });
    for (const event of [
      { type: "fail", retry: true, inTime: true, ...mine },
      { type: "release", ...mine },
      { type: "suspend", holds: ["timer"], ...mine },
      { type: "lapse", leaseRuns: false },
    ] as const) {
      expect(moved(asked, event).status).toBe("cancelled");
    }
    expect(moved(asked, { type: "complete", ...mine }).status).toBe("succeeded");
  });

  test("a no of people ends a step that waits for their yes, and only that", () => {
    expect(moved(aStepState({ holds: HOLD_BITS.approval }), { type: "deny" }).status).toBe(
      "failed",
    );
    expect(refusal(aStepState(), { type: "deny" })).toBe("no_approval_awaited");
    expect(moved(aStepState({ holds: 1 }), { type: "abandon" }).status).toBe("cancelled");
  });
});

describe("the fence", () => {
  test.each(FENCED_EVENTS)(
    "%s is refused under another epoch, after the lease, and without one",
    (type) => {
      const event = (fence: { epoch: number; leaseRuns: boolean }) =>
        ({ type, retry: true, inTime: true, holds: ["timer"], ...fence }) as StepEvent;
      expect(refusal(held, event({ epoch: 0, leaseRuns: true }))).toBe("stale_epoch");
      expect(refusal(held, event({ epoch: 2, leaseRuns: true }))).toBe("stale_epoch");
      expect(refusal(held, event({ epoch: 1, leaseRuns: false }))).toBe("lease_lapsed");
      for (const status of ["queued", "succeeded", "failed", "cancelled"] as const) {
        expect(refusal({ ...held, status }, event(mine))).toBe("not_leased");
      }
    },
  );
});

const anEvent: fc.Arbitrary<StepEvent> = fc
  .record({
    type: fc.constantFrom(...new Set(STEP_TRANSITIONS.map((row) => row.event))),
    epoch: fc.nat(6),
    leaseRuns: fc.boolean(),
    due: fc.boolean(),
    retry: fc.boolean(),
    inTime: fc.boolean(),
    late: fc.boolean(),
    known: fc.boolean(),
    holds: fc.subarray([...Hold.options], { minLength: 1 }),
  })
  .map((event) => event as StepEvent);

describe("over any sequence of events", () => {
  test("terminal states never change, the epoch rises by claims alone, holds and counts keep their bounds", () => {
    fc.assert(
      fc.property(fc.array(anEvent, { maxLength: 60 }), (events) => {
        let state = aStepState();
        for (const event of events) {
          const result = transitionStep(state, event);
          if (!result.ok) continue;
          const { next } = result;
          expect(isTerminalStep(state.status)).toBe(false);
          expect(next.epoch).toBe(state.epoch + (event.type === "claim" ? 1 : 0));
          expect(next.failures).toBeLessThanOrEqual(next.maxFailures);
          expect(next.crashes).toBeLessThanOrEqual(next.maxCrashes);
          expect(next.failures + next.crashes).toBeLessThanOrEqual(next.epoch);
          expect(next.holds & ~511).toBe(0);
          state = next;
        }
      }),
      numRuns(10_000),
    );
  });

  test("an attempt is opened by each claim and closed exactly once, and a lease with it", () => {
    fc.assert(
      fc.property(fc.array(anEvent, { maxLength: 60 }), (events) => {
        let state = aStepState();
        let [open, leased] = [0, 0];
        for (const event of events) {
          const result = transitionStep(state, event);
          if (!result.ok) continue;
          for (const effect of result.effects) {
            if (effect.do === "open_attempt") open++;
            if (effect.do === "close_attempt") open--;
            if (effect.do === "begin_lease") leased++;
            if (effect.do === "end_lease") leased--;
          }
          state = result.next;
          const isLeased = state.status === "assigned" || state.status === "running";
          expect([open, leased]).toEqual(isLeased ? [1, 1] : [0, 0]);
          const ends = result.effects.filter((effect) => effect.do === "finalise").length;
          expect(ends).toBe(isTerminalStep(state.status) ? 1 : 0);
        }
      }),
      numRuns(10_000),
    );
  });
});

describe("the table", () => {
  test("reaches every status, and leaves none that is terminal", () => {
    const reached = new Set(["queued", ...STEP_TRANSITIONS.map((row) => row.to)]);
    for (const status of StepStatus.options) expect(reached).toContain(status);
    for (const row of STEP_TRANSITIONS) expect(row.from.some(isTerminalStep)).toBe(false);
  });

  test("fences every event of an executor and no other", () => {
    for (const { event, guards } of STEP_TRANSITIONS) {
      const fenced = guards[0] === "same_epoch" && guards[1] === "lease_runs";
      expect(fenced).toBe((FENCED_EVENTS as readonly string[]).includes(event));
    }
  });

  test("tells of changes by events of the vocabulary, and every end frees or cancels what hangs on it", () => {
    for (const { effects, to, event } of STEP_TRANSITIONS) {
      const told = effects.flatMap((effect) => (effect.do === "tell" ? [effect.event] : []));
      for (const one of told) expect(EventType.options).toContain(one);
      const does = effects.map((effect) => effect.do);
      expect(does.includes("free_dependants")).toBe(to === "succeeded");
      const cancels = (to === "failed" || to === "cancelled") && event !== "abandon";
      expect(does.includes("cancel_dependants")).toBe(cancels);
    }
  });
});
