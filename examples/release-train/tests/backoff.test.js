import assert from "node:assert/strict";
import { test } from "node:test";
import { backoff } from "../src/backoff.js";

const almostOne = () => 1 - Number.EPSILON;

test("doubles with each attempt", () => {
  const waits = [1, 2, 3, 4].map((attempt) => backoff({ attempt, base: 100, random: almostOne }));
  assert.deepEqual(waits, [99, 199, 399, 799]);
});

test("never exceeds the cap", () => {
  assert.equal(backoff({ attempt: 40, base: "1s", max: "5s", random: almostOne }), 4_999);
});

test("spreads the wait over the whole range", () => {
  assert.equal(backoff({ attempt: 3, random: () => 0 }), 0);
  assert.equal(backoff({ attempt: 3, random: () => 0.5 }), 200);
});

test("refuses an attempt below one", () => {
  assert.throws(() => backoff({ attempt: 0 }), RangeError);
  assert.throws(() => backoff({ attempt: 1.5 }), RangeError);
});
