import fc from "fast-check";
import { expect, test } from "vitest";
import { hintId } from "./lane-queue.ts";
import { Window, type ReadyStep, type WindowPlan } from "./window.ts";

const RUNS = process.env["PROVE"] === "1" ? 2_000 : 100;

/** A lane as Redis keeps it: by rank, then by when it came. */
class Lane {
  readonly #hints = new Map<string, { rank: number; at: number }>();
  #at = 0;

  get waiting(): Set<string> {
    return new Set(this.#hints.keys());
  }

  apply({ add, move, drop }: WindowPlan): void {
    for (const { id, rank } of [...move, ...add])
      this.#hints.set(id, { rank, at: (this.#at += 1) });
    for (const id of drop) this.#hints.delete(id);
  }

  take(): string | undefined {
    const [first] = [...this.#hints].toSorted(([, a], [, b]) => a.rank - b.rank || a.at - b.at);
    if (first !== undefined) this.#hints.delete(first[0]);
    return first?.[0];
  }

  clear(): void {
    this.#hints.clear();
  }
}

const steps = (tenant: string, ...names: string[]): ReadyStep[] =>
  names.map((name) => ({ id: name, epoch: 0, tenant_id: tenant, weight: 1 }));

/** Plans what is ready, in turns as the engine answers it, and does it. */
function look(window: Window, lane: Lane, ready: ReadyStep[], now = 0): WindowPlan {
  const plan = window.plan({ ready, all: true, waiting: lane.waiting, now });
  if (plan === undefined) throw new Error("out of ranks");
  lane.apply(plan);
  return plan;
}

const drain = (lane: Lane): string[] => {
  const ids: string[] = [];
  for (let id = lane.take(); id !== undefined; id = lane.take()) ids.push(id.replace("_0", ""));
  return ids;
};

test("tenants take turns, one that comes late too", () => {
  const [window, lane] = [new Window(), new Lane()];
  const flood = steps("a", "a1", "a2", "a3", "a4");
  look(window, lane, flood);
  look(window, lane, [...flood, ...steps("b", "b1", "b2")]);
  expect(drain(lane)).toEqual(["a1", "b1", "a2", "b2", "a3", "a4"]);
});

test("what is more urgent takes the turns of what waits, and none of another tenant's", () => {
  const [window, lane] = [new Window(), new Lane()];
  const others = steps("b", "b1", "b2", "b3");
  look(window, lane, [...steps("a", "a1", "a2"), ...others]);
  look(window, lane, [...steps("a", "urgent", "a1", "a2"), ...others]);
  const order = drain(lane);
  expect(order.filter((id) => !id.startsWith("b"))).toEqual(["urgent", "a1", "a2"]);
  expect(order.indexOf("b1")).toBeLessThan(2);
  expect(order.indexOf("b2")).toBeLessThan(4);
});

test("a tenant of twice the weight gets twice the turns", () => {
  const [window, lane] = [new Window(), new Lane()];
  const heavy = steps("a", "a1", "a2", "a3", "a4").map((step) => ({ ...step, weight: 2 }));
  look(window, lane, [...heavy, ...steps("b", "b1", "b2")]);
  expect(drain(lane).slice(0, 3)).toEqual(["a1", "b1", "a2"]);
});

test("a hint on its way is not given twice; one that is lost or refused comes again, later and later", () => {
  const [window, lane] = [new Window(), new Lane()];
  const ready = steps("a", "a1");
  const times: number[] = [];
  for (let now = 0; now < 10_000; now += 50) {
    if (look(window, lane, ready, now).add.length > 0) times.push(now);
    lane.take();
  }
  const pauses = times.slice(1).map((at, i) => at - (times[i] ?? 0));
  expect(pauses.length).toBeGreaterThan(3);
  expect(pauses).toEqual(pauses.toSorted((a, b) => a - b));
  expect(pauses[0]).toBeGreaterThanOrEqual(200);
});

test("all hints of an emptied Redis come again, and none of a step that is claimed meanwhile", () => {
  const [window, lane] = [new Window(), new Lane()];
  look(window, lane, steps("a", "a1", "a2", "a3"));
  lane.clear();
  look(window, lane, steps("a", "a2", "a3"), 0);
  look(window, lane, steps("a", "a2", "a3"), 1_000);
  expect(drain(lane)).toEqual(["a2", "a3"]);
});

test("what can no longer be claimed leaves Redis", () => {
  const [window, lane] = [new Window(), new Lane()];
  look(window, lane, steps("a", "a1", "a2"));
  look(window, lane, steps("a", "a2"));
  expect(drain(lane)).toEqual(["a2"]);
});

test("when ranks run out it says so, and goes on from the first one", () => {
  const LAST = 1_000;
  const window = new Window(LAST);
  const lane = new Lane();
  let n = 0;
  let ready = steps("a", "s0");
  for (let out = false; !out; n += 1) {
    // never empty, so ranks only grow
    ready = [...ready.slice(-1), ...steps("a", `s${n + 1}`)];
    const plan = window.plan({ ready, all: true, waiting: lane.waiting, now: 0 });
    if (plan === undefined) out = true;
    else lane.apply(plan);
    expect(n).toBeLessThan(LAST);
  }
  window.forget();
  lane.clear();
  look(window, lane, ready);
  expect(drain(lane)).toEqual(ready.map(({ id }) => id));
});

test("no step is taken before one of its tenant that was known and more urgent", () => {
  const arrival = fc.record({ tenant: fc.constantFrom("a", "b", "c"), priority: fc.nat(4) });
  const round = fc.record({ arrivals: fc.array(arrival, { maxLength: 4 }), takes: fc.nat(4) });
  fc.assert(
    fc.property(fc.array(round, { minLength: 1, maxLength: 30 }), (rounds) => {
      const [window, lane] = [new Window(), new Lane()];
      let queue: (ReadyStep & { priority: number; n: number })[] = [];
      let n = 0;
      for (const { arrivals, takes } of rounds) {
        for (const { tenant, priority } of arrivals) {
          n += 1;
          queue.push({ id: `s${n}`, epoch: 0, tenant_id: tenant, weight: 1, priority, n });
        }
        queue = queue.toSorted((a, b) => a.priority - b.priority || a.n - b.n);
        look(window, lane, queue);
        expect(lane.waiting.size).toBe(queue.length);
        for (let i = 0; i < takes; i += 1) {
          const id = lane.take();
          const step = queue.find((one) => hintId(one.id, one.epoch) === id);
          const first = queue.find(({ tenant_id }) => tenant_id === step?.tenant_id);
          expect(step).toBe(first);
          queue = queue.filter((one) => one !== step);
        }
      }
    }),
    { numRuns: RUNS },
  );
});
