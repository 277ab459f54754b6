import assert from "node:assert/strict";
import { test } from "node:test";
import { createWindow } from "../src/window.js";

test("lets calls through up to the limit and counts them down", () => {
  const window = createWindow({ limit: 3, per: "1s" });
  const answers = [0, 10, 20].map((now) => window.take(now));
  assert.deepEqual(answers, [
    { allowed: true, remaining: 2, retryAfter: 0 },
    { allowed: true, remaining: 1, retryAfter: 0 },
    { allowed: true, remaining: 0, retryAfter: 0 },
  ]);
});

test("refuses the next call and says how long to wait", () => {
  const window = createWindow({ limit: 2, per: "1s" });
  window.take(100);
  window.take(400);
  assert.deepEqual(window.take(500), { allowed: false, remaining: 0, retryAfter: 600 });
});

test("a refused call does not use up the window", () => {
  const window = createWindow({ limit: 1, per: "1s" });
  window.take(0);
  for (let now = 1; now < 1_000; now += 1) assert.equal(window.take(now).allowed, false);
  assert.equal(window.take(1_001).allowed, true);
});

test("still refuses a moment before the window has passed", () => {
  const window = createWindow({ limit: 1, per: "1s" });
  window.take(0.5);
  assert.deepEqual(window.take(1_000.25), { allowed: false, remaining: 0, retryAfter: 0.25 });
});

test("a caller that waits exactly as long as it was told is let through", () => {
  const window = createWindow({ limit: 2, per: "1s" });
  window.take(0);
  window.take(400);
  const refused = window.take(500);
  assert.deepEqual(window.take(500 + refused.retryAfter), {
    allowed: true,
    remaining: 0,
    retryAfter: 0,
  });
});

test("calls leave the window one by one, oldest first", () => {
  const window = createWindow({ limit: 2, per: "1s" });
  window.take(0);
  window.take(600);
  assert.equal(window.remaining(900), 0);
  assert.equal(window.remaining(1_100), 1);
  assert.equal(window.remaining(1_700), 2);
});

test("never lets more than the limit through in any span", () => {
  const window = createWindow({ limit: 5, per: 100 });
  const passed = [];
  for (let now = 0.5; now < 2_000; now += 7) if (window.take(now).allowed) passed.push(now);
  for (const start of passed) {
    const inside = passed.filter((at) => at >= start && at < start + 100);
    assert.ok(inside.length <= 5, `${inside.length} calls from ${start}`);
  }
});

test("refuses a limit or a span that cannot work", () => {
  assert.throws(() => createWindow({ limit: 0, per: "1s" }), RangeError);
  assert.throws(() => createWindow({ limit: 1.5, per: "1s" }), RangeError);
  assert.throws(() => createWindow({ limit: 1, per: "0s" }), RangeError);
});
