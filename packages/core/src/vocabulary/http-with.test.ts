import { describe, expect, test } from "vitest";
import { HttpWith, isRepeatable } from "./http-with.ts";

const url = "https://api.example.org/releases";
const parse = (more: object) => HttpWith.safeParse({ url, ...more });

describe("an http step", () => {
  test("needs only an address", () => {
    expect(HttpWith.parse({ url })).toEqual({
      method: "GET",
      url,
      timeoutSeconds: 30,
      maxResponseBytes: 65_536,
    });
  });

  test.each([
    "ftp://example.org",
    "file:///etc/passwd",
    "//example.org",
    "example.org",
    "https://",
    "https://me:secret@example.org/",
    "https://token@example.org/",
    "https://example.org/\u0000",
  ])("does not call %s", (wrong) => expect(parse({ url: wrong }).success).toBe(false));

  test.each([
    { host: "other.example" },
    { "Transfer-Encoding": "chunked" },
    { "idempotency-key": "mine" },
    { "X-Forwarded-For": "10.0.0.1" },
    { authorization: "Bearer x" },
    { Cookie: "a=b" },
    { "a b": "x" },
    { a: "x\r\nhost: other" },
    { accept: "a", Accept: "b" },
  ])("does not send %j", (headers) => expect(parse({ headers }).success).toBe(false));

  test("sends headers of its own, and a body of one form where the method has one", () => {
    expect(parse({ headers: { Accept: "application/json", "x-team": "ops" } }).success).toBe(true);
    expect(parse({ method: "POST", body: { json: null } }).success).toBe(true);
    expect(parse({ method: "POST", body: { text: "" } }).success).toBe(true);
    expect(parse({ method: "POST", body: { text: "a", json: 1 } }).success).toBe(false);
    expect(parse({ method: "POST", body: { json: "\ud800" } }).success).toBe(false);
    expect(parse({ method: "GET", body: { text: "a" } }).success).toBe(false);
  });
});

test("a request may be repeated by its method, unless it says otherwise", () => {
  expect(isRepeatable({ method: "DELETE" })).toBe(true);
  expect(isRepeatable({ method: "POST" })).toBe(false);
  expect(isRepeatable({ method: "POST", idempotent: true })).toBe(true);
  expect(isRepeatable({ method: "PUT", idempotent: false })).toBe(false);
});
