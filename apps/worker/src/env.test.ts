import { expect, test } from "vitest";
import { readEnv } from "./env.ts";

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
