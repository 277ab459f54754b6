// Hunts for what a handful of examples does not find. For as long as it is told to (--seconds, or
// SOAK_SECONDS) it draws random traffic and compares every answer of the limiter with a slow and
// obvious model of it, reads durations back, and between the slices runs the whole suite again,
// looking for a test that fails only sometimes. Everything is drawn from --seed: a failure is
// repeated by the seed that it prints.
import { backoff, createWindow, formatDuration, parseDuration } from "../src/index.js";
import { runSuite } from "./lib/suite.mjs";
import { at, main, option, Refusal, writeJson } from "./lib/workspace.mjs";

const SLICE_MS = 2_000;

/** A small seeded generator (mulberry32): numbers in [0, 1). */
function generator(seed) {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** The rule itself: a call passes when fewer than `limit` passed calls are younger than `per`. */
function askModel(passed, { limit, per }, now) {
  const counting = passed.filter((time) => now < time + per);
  if (counting.length >= limit)
    return { allowed: false, remaining: 0, retryAfter: Math.min(...counting) + per - now };
  passed.push(now);
  return { allowed: true, remaining: limit - counting.length - 1, retryAfter: 0 };
}

/** One random trace; sometimes a caller waits exactly as long as it was told, which is where limiters go wrong. */
function checkTrace(random) {
  const options = { limit: 1 + Math.floor(random() * 6), per: 1 + Math.floor(random() * 200) };
  const window = createWindow(options);
  const passed = [];
  const calls = 20 + Math.floor(random() * 180);
  let now = 0;
  let wait = 0;
  for (let call = 0; call < calls; call += 1) {
    // Eighths of a millisecond are exact in binary, so that equality means equality.
    now +=
      wait > 0 && random() < 0.5
        ? wait
        : Math.floor((random() * 8 * options.per) / options.limit) / 8;
    const expected = askModel(passed, options, now);
    const actual = window.take(now);
    for (const key of Object.keys(expected)) {
      if (actual[key] !== expected[key]) {
        throw new Refusal(
          `call ${call} at ${now} of ${JSON.stringify(options)}: ${key} is ${actual[key]}, expected ${expected[key]}` +
            ` (passed before: ${passed
              .filter((time) => time < now)
              .slice(-6)
              .join(", ")})`,
        );
      }
    }
    wait = actual.retryAfter;
  }
  return calls;
}

function checkDurations(random) {
  const ms = Math.floor(random() * 10 ** (1 + random() * 10));
  const text = formatDuration(ms);
  if (parseDuration(text) !== ms)
    throw new Refusal(`${ms} is written as "${text}" and read as ${parseDuration(text)}`);
  const attempt = 1 + Math.floor(random() * 60);
  const wait = backoff({ attempt, random });
  if (!(wait >= 0 && wait < 30_000)) throw new Refusal(`attempt ${attempt} would wait ${wait} ms`);
}

await main("soak", async () => {
  const seconds = Number(option("seconds") ?? process.env.SOAK_SECONDS ?? 24);
  const firstSeed = Number(option("seed") ?? 1);
  if (!(seconds > 0)) throw new Refusal("--seconds must be more than 0");
  if (!Number.isInteger(firstSeed)) throw new Refusal("--seed must be a whole number");

  const started = performance.now();
  const until = started + seconds * 1_000;
  const total = {
    seconds,
    slices: 0,
    suites: 0,
    traces: 0,
    calls: 0,
    firstSeed,
    nextSeed: firstSeed,
  };
  while (performance.now() < until) {
    const sliceEnd = Math.min(until, performance.now() + SLICE_MS);
    const { tests, failed } = await runSuite();
    if (failed.length > 0)
      throw new Refusal(`"${failed[0].name}" failed in suite run ${total.suites + 1}`);
    total.suites += 1;
    do {
      const random = generator(total.nextSeed);
      try {
        total.calls += checkTrace(random);
        for (let i = 0; i < 20; i += 1) checkDurations(random);
      } catch (error) {
        if (error instanceof Refusal)
          error.message += `\nrepeat with: node scripts/soak.mjs --seed ${total.nextSeed} --seconds 1`;
        throw error;
      }
      total.traces += 1;
      total.nextSeed += 1;
    } while (performance.now() < sliceEnd);
    total.slices += 1;
    const spent = ((performance.now() - started) / 1_000).toFixed(1);
    console.log(
      `${spent.padStart(5)} of ${seconds} s  ${total.suites} x ${tests.length} tests, ` +
        `${total.traces} traces, ${total.calls} calls: no difference`,
    );
  }
  writeJson(at("reports", "soak.json"), total);
});
