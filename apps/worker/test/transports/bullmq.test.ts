import { findRedis, startTestRedis, until, type TestRedis } from "@nofx/db/testing";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { createBullTransport } from "../../src/transports/bull-transport.ts";
import { conformance } from "./conformance.ts";
import { DONE, tasks } from "./harness.ts";

// says why where there is none
const found = await findRedis();

describe.skipIf(found === undefined)("BullMQ", () => {
  let redis: TestRedis;
  beforeEach(async () => {
    redis = await startTestRedis();
  });
  afterEach(() => redis[Symbol.asyncDispose]());

  let dispatched = 0;
  const { fleet } = conformance(
    ({ noPolling, ...parts }) =>
      createBullTransport({
        ...parts,
        url: redis.url,
        onError: () => {},
        onHints: (what, count) => {
          if (what === "dispatched") dispatched += count;
        },
        ...(noPolling ? { directMs: Infinity, dispatchMs: 3_600_000 } : {}),
      }),
    () => dispatched,
  );

  const PROVE = process.env["PROVE"] === "1";
  const MANY = PROVE ? 5_000 : 100;
  const done = () => fleet().started.length;

  test("an emptied Redis in the midst of a run loses nothing, and nothing is done twice", async () => {
    const tenant = await fleet().tenant();
    await fleet().worker({ concurrency: 4 });
    await fleet().worker({ concurrency: 4 });
    const ids = await fleet().enqueue(tenant, tasks(MANY, "s"));
    for (const part of [0.2, 0.5, 0.8]) {
      await until("it is at work", () => done() > MANY * part);
      await redis.say("FLUSHALL");
    }
    await fleet().settled(ids, 60_000);
    expect(await fleet().attempts(ids)).toBe(MANY);
    expect(done()).toBe(MANY);
  }, 90_000);

  test("without Redis the work goes on; when it is back, empty, hints come again", async () => {
    const tenant = await fleet().tenant();
    const { transport } = await fleet().worker({ concurrency: 4 });
    await fleet().settled(await fleet().enqueue(tenant, tasks(20, "with")));
    await redis.kill();
    await until("it has noticed", () => !transport.up);
    const without = await fleet().enqueue(tenant, tasks(20, "without"));
    await fleet().settled(without);
    await redis.start();
    await until("it has noticed", () => transport.up);
    const before = dispatched;
    const again = await fleet().enqueue(tenant, tasks(20, "again"));
    await fleet().settled(again);
    expect(dispatched).toBeGreaterThan(before);
    expect(await fleet().attempts([...without, ...again])).toBe(40);
  });

  test("a Redis that hangs is left alone until it answers", async () => {
    const tenant = await fleet().tenant();
    const { transport } = await fleet().worker({ execute: async () => DONE });
    await fleet().settled(await fleet().enqueue(tenant, tasks(5, "with")));
    redis.freeze(true);
    await fleet().settled(await fleet().enqueue(tenant, tasks(5, "without")));
    expect(transport.up).toBe(false);
    redis.freeze(false);
    await until("it has noticed", () => transport.up);
    await fleet().settled(await fleet().enqueue(tenant, tasks(5, "again")));
  }, 90_000);
});
