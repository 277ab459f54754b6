import { startTestRedis, until, type TestRedis } from "@nofx/db/testing";
import { afterEach, beforeEach, expect, test } from "vitest";
import { createBullTransport } from "../../src/transports/bull-transport.ts";
import { conformance } from "./conformance.ts";
import { DONE, gate, tasks } from "./harness.ts";

let redis: TestRedis;
beforeEach(async () => {
  redis = await startTestRedis();
});
afterEach(() => redis[Symbol.asyncDispose]());

const { fleet } = conformance(({ noPolling, ...parts }) =>
  createBullTransport({
    ...parts,
    url: redis.url,
    onError: () => {},
    ...(noPolling ? { directMs: Infinity, dispatchMs: 3_600_000 } : {}),
  }),
);

const PROVE = process.env["PROVE"] === "1";
const MANY = PROVE ? 5_000 : 200;
const done = () => fleet().started.length;
