import { until } from "@nofx/db/testing";
import { afterEach, beforeEach, expect, test } from "vitest";
import { DONE, gate, startFleet, tasks, type Fleet, type OpenTransport } from "./harness.ts";

const PROVE = process.env["PROVE"] === "1";
const MANY = PROVE ? 5_000 : 100;

/** What every transport does. `heard` says how many steps it has been told of; Infinity where nobody needs to be told. */
export function conformance(
  open: OpenTransport,
  heard: () => number = () => Infinity,
): { fleet: () => Fleet } {
  let fleet: Fleet;
  beforeEach(async () => {
    fleet = await startFleet(open);
  });
  afterEach(() => fleet[Symbol.asyncDispose]());

  test("two workers claim each step once", async () => {
    const tenant = await fleet.tenant();
    await fleet.worker({ concurrency: 8 });
    await fleet.worker({ concurrency: 8 });
    const ids = await fleet.enqueue(tenant, tasks(MANY, "s"));
    await fleet.settled(ids, 60_000);
    expect(await fleet.attempts(ids)).toBe(MANY);
    expect(fleet.started).toHaveLength(MANY);
    // neither has starved the other
    expect(new Set(fleet.started.map(({ worker }) => worker)).size).toBe(2);
  }, 90_000);

  test("within a tenant what is more urgent goes first, also when it comes later", async () => {
    const tenant = await fleet.tenant();
    const { opened, open: release } = gate();
    await fleet.worker({
      concurrency: 1,
      execute: async ({ step }) => {
        if (step.title === "first") await opened;
        return DONE;
      },
    });
    const first = await fleet.enqueue(tenant, [{ title: "first" }]);
    await until("the first runs", () => fleet.started.length === 1);
    const before = heard();
    const low = await fleet.enqueue(tenant, tasks(3, "low", { priority: 4 }));
    const high = await fleet.enqueue(tenant, tasks(3, "high", { priority: 1 }));
    const middle = await fleet.enqueue(tenant, tasks(2, "middle"));
    await until("they are known of", () => heard() >= before + 8);
    release();
    await fleet.settled([...first, ...low, ...high, ...middle]);
    expect(fleet.started.map(({ title }) => title.replace(/\d$/, ""))).toEqual([
      "first",
      "high",
      "high",
      "high",
      "middle",
      "middle",
      "low",
      "low",
      "low",
    ]);
  });

  test("a tenant that floods the plane delays another by its turns alone", async () => {
    const [flood, guest] = [await fleet.tenant(), await fleet.tenant()];
    const { opened, open: release } = gate();
    const flooded = await fleet.enqueue(flood, tasks(60, "flood"));
    await fleet.worker({ concurrency: 1, execute: async () => (await opened, DONE) });
    await until("the flood is at work", () => fleet.started.length === 1);
    const invited = await fleet.enqueue(guest, tasks(5, "guest"));
    release();
    await fleet.settled([...flooded, ...invited]);
    const last = fleet.started.findLastIndex(({ title }) => title.startsWith("guest"));
    // ten turns of both, and what was claimed before the guest came
    expect(last).toBeLessThan(24);
  });

  test("a delayed step waits for its time", async () => {
    const tenant = await fleet.tenant();
    await fleet.worker();
    const run_at = new Date(Date.now() + 400).toISOString();
    const ids = await fleet.enqueue(tenant, [{ title: "later", run_at }, { title: "now" }]);
    await fleet.settled(ids);
    const early = await fleet.rows(
      "select from attempts a join steps s on s.id = a.step_id where a.started_at < s.run_at",
    );
    expect(early).toEqual([]);
    expect(fleet.started.map(({ title }) => title)).toEqual(["now", "later"]);
  });

  test("a new step wakes an idle worker: nobody looks without being told to", async () => {
    const tenant = await fleet.tenant();
    await fleet.worker({ noPolling: true });
    for (const title of ["a", "b", "c"]) {
      await fleet.settled(await fleet.enqueue(tenant, [{ title }]));
    }
    expect(fleet.started).toHaveLength(3);
  });

  test("what a tenant has paused stays, and holds nobody up; it goes on when it is let go", async () => {
    const [paused, other] = [await fleet.tenant(), await fleet.tenant()];
    await fleet.owner.query(
      `insert into claim_rules (tenant_id, paused_at, paused_reason, paused_by, created_by)
       values ($1, clock_timestamp(), 'test', 'test', 'test')`,
      [paused],
    );
    await fleet.worker({ concurrency: 2 });
    const held = await fleet.enqueue(paused, tasks(20, "paused", { priority: 1 }));
    await fleet.settled(await fleet.enqueue(other, tasks(20, "other")));
    expect(await fleet.attempts(held)).toBe(0);
    await fleet.owner.query("delete from claim_rules");
    await fleet.settled(held);
  });

  test("a limit is kept, and filled", async () => {
    const tenant = await fleet.tenant();
    await fleet.owner.query(
      "insert into claim_rules (tenant_id, max_running, created_by) values ($1, 2, 'test')",
      [tenant],
    );
    let running = 0;
    let most = 0;
    const execute = async () => {
      most = Math.max(most, (running += 1));
      await until("another runs beside it, or none is left", async () => {
        const [row] = await fleet.rows<{ n: number }>(
          "select count(*)::int as n from steps where status = 'queued'",
        );
        return running === 2 || row?.n === 0;
      });
      running -= 1;
      return DONE;
    };
    await fleet.worker({ concurrency: 4, execute });
    await fleet.worker({ concurrency: 4, execute });
    await fleet.settled(await fleet.enqueue(tenant, tasks(8, "s")));
    expect(most).toBe(2);
  });

  test("a step that failed is tried again", async () => {
    const tenant = await fleet.tenant();
    await fleet.worker({
      execute: async ({ step }) =>
        step.failures === 0 ? { type: "failed", code: "http_busy", message: "once" } : DONE,
    });
    const ids = await fleet.enqueue(tenant, [{ title: "again" }]);
    await fleet.settled(ids);
    expect(await fleet.attempts(ids)).toBe(2);
  });

  test("the steps of a worker that vanished are claimed again, once their leases have run out", async () => {
    const tenant = await fleet.tenant();
    const { opened, open: release } = gate();
    const doomed = await fleet.worker({ leaseMs: 400, execute: async () => (await opened, DONE) });
    const ids = await fleet.enqueue(tenant, tasks(3, "s"));
    await until("it holds them", () => fleet.started.length === 3);
    await doomed.vanish();
    release();
    await fleet.worker();
    await until("they are taken back", async () => {
      await fleet.engine("select engine.reclaim(10) as value");
      return (await fleet.attempts(ids)) === 6;
    });
    await fleet.settled(ids);
  });

  test("a worker that dies between hearing of steps and claiming them takes nothing with it", async () => {
    const tenant = await fleet.tenant();
    const doomed = await fleet.worker({ paused: true });
    const ids = await fleet.enqueue(tenant, tasks(10, "s"));
    await until("it has heard of some", async () => {
      const route = await doomed.transport.route(4);
      return doomed.transport.driver === "postgres" || route?.ids !== undefined;
    });
    await doomed.vanish();
    await fleet.worker();
    await fleet.settled(ids);
    expect(await fleet.attempts(ids)).toBe(10);
  });

  test("a drained worker claims nothing more, and the others do its work", async () => {
    const tenant = await fleet.tenant();
    const leaver = await fleet.worker({ concurrency: 2 });
    const ids = await fleet.enqueue(tenant, tasks(10, "before"));
    await fleet.settled(ids);
    leaver.loop.drain();
    await leaver.loop.done;
    const stayer = await fleet.worker();
    await fleet.settled(await fleet.enqueue(tenant, tasks(10, "after")));
    const after = fleet.started.filter(({ title }) => title.startsWith("after"));
    expect(new Set(after.map(({ worker }) => worker))).toEqual(new Set([stayer.name]));
  });

  test("a worker takes from its queues and of its tenants alone", async () => {
    const [one, two] = [await fleet.tenant(), await fleet.tenant()];
    const gpu = await fleet.worker({ routing: { queues: ["gpu"] } });
    const theirs = await fleet.worker({ routing: { tenants: [one] } });
    const rest = await fleet.worker({ routing: { tenants: [two] } });
    const ids = [
      ...(await fleet.enqueue(one, tasks(4, "gpu", { queue: "gpu" }))),
      ...(await fleet.enqueue(one, tasks(4, "one"))),
      ...(await fleet.enqueue(two, tasks(4, "two"))),
    ];
    await fleet.settled(ids);
    const who = new Set(fleet.started.map(({ title, worker }) => `${title.slice(0, 3)} ${worker}`));
    expect(who).toEqual(new Set([`gpu ${gpu.name}`, `one ${theirs.name}`, `two ${rest.name}`]));
  });

  return { fleet: () => fleet };
}
