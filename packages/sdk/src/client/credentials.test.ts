import { expect, test } from "vitest";
import { NofxApiError } from "../errors/index.ts";
import { Credentials } from "./credentials.ts";

const KEY = "nofx_ak_0123456789abcdef";
const MINUTE = 60_000;

/** A token as ES256 makes them, whose own account of its life is all that is read. */
function tokenOf(n: number, seconds = 600): string {
  const payload = Buffer.from(JSON.stringify({ iat: n, exp: n + seconds })).toString("base64url");
  return `eyJhbGciOiJFUzI1NiJ9.${payload}.s`;
}

function plane() {
  let now = 0;
  let error: Error | undefined;
  const asked: number[] = [];
  const clock = { now: () => now, sleep: async () => {} };
  const made = {
    asked,
    at: (to: number) => (now = to),
    fails: (with_: Error) => (error = with_),
    credentials: (key = KEY) =>
      new Credentials({
        key,
        clock,
        random: () => 0,
        exchange: async () => {
          asked.push(now);
          if (error !== undefined) throw error;
          // the plane's clock is an hour ahead: what counts is how long the token lives
          const expiresAt = new Date(now + 70 * MINUTE).toISOString();
          return { token: tokenOf(asked.length), expiresAt, scopes: [] };
        },
      }),
  };
  return made;
}

const settled = () => new Promise((resolve) => setImmediate(resolve));

test("no call waits for a token: the key is shown until there is one, then the token, renewed ahead of its end", async () => {
  const p = plane();
  const credentials = p.credentials();
  expect(credentials.bearer()).toBe(KEY);
  expect(credentials.bearer()).toBe(KEY);
  await settled();
  expect(credentials.bearer()).toBe(tokenOf(1));
  p.at(4.9 * MINUTE);
  expect(credentials.bearer()).toBe(tokenOf(1));
  p.at(5 * MINUTE);
  expect(credentials.bearer()).toBe(tokenOf(1));
  await settled();
  expect(credentials.bearer()).toBe(tokenOf(2));
  expect(p.asked).toEqual([0, 5 * MINUTE]);
});

test("a token is not shown in its last seconds, nor after", async () => {
  const p = plane();
  const credentials = p.credentials();
  credentials.bearer();
  await settled();
  p.fails(new Error("the plane is away"));
  p.at(9.9 * MINUTE);
  expect(credentials.bearer()).toBe(tokenOf(1));
  await settled();
  p.at(10 * MINUTE - 5_000);
  expect(credentials.bearer()).toBe(KEY);
});

test.each([
  ["has none", 404, 5 * MINUTE],
  ["cannot just now", 503, 15_000],
])("a plane that %s is shown the key, and asked again later", async (_, status, laterMs) => {
  const p = plane();
  p.fails(new NofxApiError({ code: "unavailable", message: "x", call: "x", status }));
  const credentials = p.credentials();
  credentials.bearer();
  await settled();
  p.at(laterMs - 1);
  expect(credentials.bearer()).toBe(KEY);
  await settled();
  p.at(laterMs);
  credentials.bearer();
  await settled();
  expect(p.asked).toEqual([0, laterMs]);
});

test("a token that is refused is not shown again; a key that is refused is refused", async () => {
  const p = plane();
  const credentials = p.credentials();
  credentials.bearer();
  await settled();
  expect(credentials.refused(tokenOf(1))).toBe(true);
  expect(credentials.bearer()).toBe(KEY);
  expect(credentials.refused(KEY)).toBe(false);
});

test("a token in place of a key is sent as it is", () => {
  const p = plane();
  expect(p.credentials(tokenOf(7)).bearer()).toBe(tokenOf(7));
  expect(p.asked).toEqual([]);
});
