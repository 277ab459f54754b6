import assert from "node:assert/strict";
import { test } from "node:test";
import { formatDuration, parseDuration } from "../src/duration.js";

test("parses one unit", () => {
  assert.equal(parseDuration("250ms"), 250);
  assert.equal(parseDuration("2s"), 2_000);
  assert.equal(parseDuration("5m"), 300_000);
  assert.equal(parseDuration("1h"), 3_600_000);
  assert.equal(parseDuration("1d"), 86_400_000);
});

test("adds units up, with or without spaces", () => {
  assert.equal(parseDuration("1m30s"), 90_000);
  assert.equal(parseDuration(" 1h 1m 1s 1ms "), 3_661_001);
});

test("parses fractions", () => {
  assert.equal(parseDuration("1.5s"), 1_500);
});

test("takes a number as milliseconds", () => {
  assert.equal(parseDuration(0), 0);
  assert.equal(parseDuration(12.5), 12.5);
});

test("refuses what is not a duration", () => {
  for (const input of ["", " ", "10", "s", "1x", "1s!", "!1s", "-1s", -1, NaN, Infinity]) {
    assert.throws(() => parseDuration(input), RangeError, `accepted ${JSON.stringify(input)}`);
  }
});

test("formats with the largest units first and leaves out zeros", () => {
  assert.equal(formatDuration(0), "0ms");
  assert.equal(formatDuration(999), "999ms");
  assert.equal(formatDuration(1_000), "1s");
  assert.equal(formatDuration(90_000), "1m 30s");
  assert.equal(formatDuration(86_400_001), "1d 1ms");
});

test("reads back what it formats", () => {
  for (let ms = 1; ms < 1e9; ms = ms * 3 + 7) assert.equal(parseDuration(formatDuration(ms)), ms);
});
