import { expect, test } from "vitest";
import { readEnv } from "./env.ts";
import { handlersOf, routingOf } from "./routing-env.ts";

const COMPLETE = {
  DATABASE_DIRECT_URL: "postgres://x",
  DATABASE_GATEWAY_URL: "postgres://y",
  SUPABASE_URL: "http://127.0.0.1:54321",
  SUPABASE_ANON_KEY: "a",
  SUPABASE_JWT_SECRET: "b",
  NOFX_WORKSPACES: "/tmp/a",
  NOFX_WORKSPACE_ROOT: "/tmp",
};

test("what is not said has a default", () => {
  expect(readEnv(COMPLETE)).toMatchObject({
    NOFX_GATEWAY_PORT: 8790,
    NOFX_GATEWAY_HOST: "127.0.0.1",
    NOFX_CONCURRENCY: 4,
    NOFX_LEASE_SECONDS: 30,
  });
  // it follows the other, so it has no default of its own
  expect(readEnv(COMPLETE).NOFX_AGENT_LEASE_SECONDS).toBeUndefined();
});

test("everything that is wrong is named at once", () => {
  const wrong = { ...COMPLETE, DATABASE_DIRECT_URL: undefined, NOFX_CONCURRENCY: "none" };
  expect(() => readEnv(wrong)).toThrow(/DATABASE_DIRECT_URL[^]*NOFX_CONCURRENCY/);
});

test("what concerns Redis is looked at only where Redis is used", () => {
  const odd = { ...COMPLETE, REDIS_URL: "localhost" };
  expect(readEnv(odd).QUEUE_DRIVER).toBe("postgres");
  expect(() => readEnv({ ...odd, QUEUE_DRIVER: "bullmq" })).toThrow(/REDIS_URL: .*redis:/);
  expect(readEnv({ ...COMPLETE, QUEUE_DRIVER: "bullmq" }).REDIS_URL).toBe("redis://127.0.0.1:6379");
});

test("which steps a worker takes is read and checked", () => {
  const tenant = "0190a6b1-7a3e-7c52-9e2f-3b1d2c4e5f60";
  const env = readEnv({
    ...COMPLETE,
    NOFX_QUEUES: "mail, default",
    NOFX_TYPES: "shell,http*",
    NOFX_TENANTS: tenant,
  });
  expect(routingOf(env)).toEqual({ queues: ["mail", "default"], tenants: [tenant] });
  expect(routingOf(readEnv({ ...COMPLETE, NOFX_SHARD: "1/4" }))).toEqual({
    queues: ["default"],
    shard: [1, 4],
  });
  expect(handlersOf(["shell@1", "http@1", "wait@1"], env.NOFX_TYPES)).toEqual([
    "shell@1",
    "http@1",
  ]);
  expect(() => handlersOf(["shell@1"], ["mail"])).toThrow(/NOFX_TYPES.*mail.*shell@1/);
  expect(() => readEnv({ ...COMPLETE, NOFX_QUEUES: "Mail" })).toThrow(/NOFX_QUEUES/);
  expect(() => readEnv({ ...COMPLETE, NOFX_SHARD: "4/4" })).toThrow(/NOFX_SHARD.*n-1/);
  expect(() => readEnv({ ...COMPLETE, NOFX_TENANTS: tenant, NOFX_SHARD: "0/2" })).toThrow(
    /NOFX_SHARD: .*not both/,
  );
  expect(() => readEnv({ ...COMPLETE, NOFX_LEASE_SECONDS: "0.5" })).toThrow(/NOFX_LEASE_SECONDS/);
});
