import { expect, it } from "vitest";
import { retryDelay, sqlStateOf, withRetry } from "./retry.ts";

const failure = (code: string) => Object.assign(new Error(code), { code });

it("knows by its code whether trying again can help", () => {
  expect(retryDelay(failure("40001"))).toBeGreaterThan(0);
  expect(retryDelay(failure("40P01"))).toBeGreaterThan(0);
  expect(retryDelay(failure("23505"))).toBeUndefined();
  expect(retryDelay(new Error("could not serialize access"))).toBeUndefined();
  expect(sqlStateOf(failure("ECONNREFUSED"))).toBeUndefined();
  expect(sqlStateOf(undefined)).toBeUndefined();
});

it("tries again until it works, but not for ever and not for every error", async () => {
  let calls = 0;
  const fails = (times: number, code: string) => async () => {
    calls += 1;
    if (calls <= times) throw failure(code);
    return "done";
  };
  expect(await withRetry(fails(2, "40001"))).toBe("done");
  expect(calls).toBe(3);
  calls = 0;
  await expect(withRetry(fails(9, "40001"), 2)).rejects.toThrow("40001");
  expect(calls).toBe(2);
  calls = 0;
  await expect(withRetry(fails(9, "23505"))).rejects.toThrow("23505");
  expect(calls).toBe(1);
});
