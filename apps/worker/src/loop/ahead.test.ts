import { expect, test } from "vitest";
import { Ahead } from "./ahead.ts";

const ahead = () => new Ahead({ slots: 20, most: 500, withinMs: 50 });

/** 200 steps of one kind, that many a millisecond. */
function work(one: Ahead, kind: string, ms: number, perMs: number, from = 1_000): number {
  for (let n = 0; n < 200; n++) one.ended(kind, ms, from + n / perMs);
  return from + 200 / perMs;
}

test("nothing is claimed ahead before anything is known", () => {
  expect(ahead().count(20, 1_000)).toBe(0);
});

test("as many short ones as begin within the time, and no more than said", () => {
  const one = ahead();
  one.count(20, 1_000);
  const now = work(one, "http", 0.1, 4);
  expect(one.count(0, now)).toBe(100);
  expect(new Ahead({ slots: 20, most: 0, withinMs: 50 }).count(20, now)).toBe(0);
});

test("in a large fleet as many as last longer, and still nothing of what is long", () => {
  const one = ahead();
  one.count(20, 1_000);
  const now = work(one, "http", 0.1, 1);
  expect(one.count(0, now)).toBe(25);
  expect(one.count(0, now, 8)).toBe(8 * one.count(0, now));
  one.ended("shell", 30, now);
  expect(one.count(0, now, 8)).toBe(0);
});

test("no kind that lately took long, for as long as that is remembered", () => {
  const one = ahead();
  const now = work(one, "http", 0.1, 4);
  one.ended("shell", 4_000, now);
  expect(one.count(20, now)).toBe(0);
  work(one, "shell", 0.1, 4, now);
  expect(one.count(20, now + 60)).toBeGreaterThan(0);
  one.ended("shell", 4_000, now + 60);
  one.ended("http", 0.1, now + 10_050);
  expect(one.count(20, now + 10_061)).toBeGreaterThan(0);
});

test("where answers are slow, claims grow from one to the next, to what the slots get done within the time", () => {
  const one = ahead();
  let now = 1_000;
  let claims = 20;
  const sizes: number[] = [];
  for (let n = 0; n < 8; n++) {
    now += 250;
    one.answered(250, claims);
    for (let i = 0; i < claims; i++) one.ended("http", 4, now);
    claims = one.count(20, now);
    sizes.push(claims);
  }
  expect(sizes[0]).toBeLessThan(sizes[3] ?? 0);
  expect(sizes.at(-1)).toBe((20 * 50) / 4);
  one.ended("http", 30, now);
  expect(one.count(20, now)).toBe(0);
});
